# shellcheck shell=bash
# Sourced by tests/run: one PostgreSQL and one NATS server with JetStream, on free loopback ports, in a
# directory of their own that goes away with them. The kernel ends them too when this shell is killed.

SCRATCH=
SERVER_PIDS=()

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# PostgreSQL refuses to run as root, so root hands it to the account that Debian made for it.
as_postgres=()
choose_account() {
  as_postgres=()
  ((EUID == 0)) || return 0
  id postgres >/dev/null 2>&1 || { complain "running as root and there is no account 'postgres': useradd --system postgres"; return 1; }
  as_postgres=(--reuid postgres --regid postgres --init-groups)
}

# A socket path may have 107 bytes, which a long TMPDIR would use up.
make_scratch() {
  local base=${TMPDIR:-/tmp}
  ((${#base} < 60)) || base=/tmp
  SCRATCH=$(mktemp -d "$base/talentflow.XXXXXX") || return 1
  chmod 711 "$SCRATCH"
  mkdir "$SCRATCH/postgres" "$SCRATCH/nats"
  chmod 700 "$SCRATCH/postgres"
  ((EUID != 0)) || chown postgres: "$SCRATCH/postgres"
}

start_postgres() {
  local bin data="$SCRATCH/postgres/data" log="$SCRATCH/postgres.log" port pid attempt tick flags
  # Little memory, unless POSTGRES_FLAGS says otherwise, as a benchmark does.
  read -ra flags <<<"-c shared_buffers=64MB ${POSTGRES_FLAGS-}"
  bin=$(postgres_bin) || { complain "no PostgreSQL server"; return 1; }
  if ! (cd / && setpriv "${as_postgres[@]}" "$bin/initdb" --pgdata "$data" --username postgres --auth trust \
    --encoding UTF8 --locale C.UTF-8 --no-sync >"$log" 2>&1); then
    complain "initdb failed:"
    tail -n 20 "$log" >&2
    return 1
  fi
  # The port may be taken between the choice and the start: then another is tried.
  for attempt in 1 2 3; do
    port=$(free_port)
    # SIGINT is PostgreSQL's fast shutdown.
    setpriv "${as_postgres[@]}" --pdeathsig INT "$bin/postgres" -D "$data" -p "$port" \
      -c listen_addresses=127.0.0.1 -c unix_socket_directories="$SCRATCH/postgres" \
      -c max_connections=300 -c timezone=UTC "${flags[@]}" </dev/null >>"$log" 2>&1 &
    pid=$!
    for ((tick = 0; tick < 300; tick++)); do
      if "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" -U postgres; then
        # Another server on that port would answer too: ours must be alive.
        kill -0 "$pid" 2>/dev/null || break
        SERVER_PIDS+=("$pid")
        export TALENTFLOW_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
        return 0
      fi
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -INT "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    say "PostgreSQL did not start on port $port (attempt $attempt)"
  done
  complain "PostgreSQL does not start; the end of its log:"
  tail -n 20 "$log" >&2
  return 1
}

start_nats() {
  local server log="$SCRATCH/nats.log" port pid tick hello
  server=$(command -v nats-server) || { complain "no nats-server on the PATH"; return 1; }
  cat >"$SCRATCH/nats.conf" <<EOF
listen: "127.0.0.1:-1"
ports_file_dir: "$SCRATCH/nats"
jetstream {
  store_dir: "$SCRATCH/nats"
  sync_interval: always
}
EOF
  setpriv --pdeathsig TERM "$server" -c "$SCRATCH/nats.conf" </dev/null >"$log" 2>&1 &
  pid=$!
  SERVER_PIDS+=("$pid")
  # The server picks the port and writes it down, so nothing can take it in between.
  for ((tick = 0; tick < 300; tick++)); do
    kill -0 "$pid" 2>/dev/null || break
    port=$(grep -ohE 'nats://127\.0\.0\.1:[0-9]+' "$SCRATCH"/nats/*.ports 2>/dev/null | head -n 1 | grep -oE '[0-9]+$' || true)
    if [[ -n $port ]]; then
      hello=$(nats_hello "$port") || hello=
      [[ $hello == *'"jetstream":true'* ]] || { sleep 0.1; continue; }
      export TALENTFLOW_TEST_NATS="nats://127.0.0.1:$port" TALENTFLOW_TEST_NATS_SERVER="$server"
      return 0
    fi
    sleep 0.1
  done
  complain "nats-server does not start with JetStream; the end of its log:"
  tail -n 20 "$log" >&2
  return 1
}

# The first line that a NATS server says: its version and whether JetStream is on.
nats_hello() {
  local line
  exec {nats_fd}<>"/dev/tcp/127.0.0.1/$1" || return 1
  read -r -t 5 line <&"$nats_fd" || true
  exec {nats_fd}>&-
  printf '%s' "$line"
}

start_servers() {
  if ! choose_account || ! make_scratch || ! start_postgres || ! start_nats; then return 1; fi
  say "PostgreSQL: $TALENTFLOW_TEST_POSTGRES"
  say "NATS:       $TALENTFLOW_TEST_NATS ($(nats-server --version))"
}

stop_servers() {
  local pid tick
  for pid in "${SERVER_PIDS[@]}"; do kill -INT "$pid" 2>/dev/null || true; done
  for ((tick = 0; tick < 100; tick++)); do
    kill -0 "${SERVER_PIDS[@]}" 2>/dev/null || break
    sleep 0.1
  done
  for pid in "${SERVER_PIDS[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  for pid in "${SERVER_PIDS[@]}"; do wait "$pid" 2>/dev/null || true; done
  SERVER_PIDS=()
  if [[ -n $SCRATCH ]]; then rm -rf "$SCRATCH"; SCRATCH=; fi
}
