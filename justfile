# `just check` is the gate; CI runs the same recipes. `just deep` is for before an issue ends.

default: check

# Everything that must hold before a commit.
check: format lint docs test

# Formatting.
format:
    cargo fmt --all --check

# Lints, warnings denied, all targets.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Documentation, private items too, warnings denied.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

# All tests, the layer test among them.
test:
    cargo test --workspace

# Published clients (Python and npm) read answers of our server, on real captures if they are there.
compat python="python3":
    cargo build -p openbacklinks
    npm ci --prefix compat/npm --silent --no-audit --no-fund
    {{ python }} compat/run.py

# Whatever the OpenAPI document allows and forbids is asked of our server (needs `pip install schemathesis==4.32.5`).
openapi python="python3":
    cargo build -p openbacklinks
    cargo build -p synthweb --example write_archives
    {{ python }} compat/openapi.py

# A bench beside its peers, which are set up first: ingest, rank, query, serve, build, or all. See docs/benchmarks.md.
bench what *args:
    test -d bench/.venv || python3 -m venv bench/.venv
    bench/.venv/bin/pip install --quiet -r bench/{{ what }}/requirements.txt
    bench/.venv/bin/python bench/{{ what }}/run.py {{ args }}

# Files over 800 lines.
long:
    @git ls-files '*.rs' | xargs wc -l | awk '$1 > 800 && $2 != "total"'

# Licences, advisories, unused dependencies (needs cargo-deny and cargo-machete).
supply:
    cargo deny check
    cargo machete

# One fuzz target for five minutes (needs cargo-fuzz).
fuzz target seconds="300":
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{ target }} -- -max_total_time={{ seconds }}

# What takes long.
deep: check supply
    for target in warc arc http_body html url_key filter range_file stored; do just fuzz $target; done
