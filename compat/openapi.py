#!/usr/bin/env python3
"""Indexes a small synthetic web, serves it, and lets schemathesis ask whatever the served OpenAPI
document allows and forbids: once without keys (no limits in the way) and once with one. Any answer
that the document does not describe, and any failure of ours, fails the run. Needs `pip install
schemathesis==4.32.5`, a built `backlinks` and the example `write_archives` of synthweb.

Not checked, because the vendor's API is so: that bad values are refused by an HTTP status (they get a
code in a 200), and that a wrong method is answered 405 (it is 404)."""

import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINKS = 3000
NOT_CHECKED = "negative_data_rejection,unsupported_method,allow_header_conformance,missing_required_header"


def built(name):
    found = [path for kind in ("release", "debug") if (path := ROOT / "target" / kind / name).exists()]
    if not found:
        sys.exit("build first: cargo build -p openbacklinks && cargo build -p synthweb --example write_archives")
    return str(max(found, key=lambda path: path.stat().st_mtime))


def run(*arguments):
    output = subprocess.run(list(map(str, arguments)), check=True, capture_output=True, text=True)
    return output.stdout


class Served:
    """A server while it is needed; it must end well."""

    def __init__(self, data, *options):
        command = [built("backlinks"), "serve", "--data", str(data), "--listen", "127.0.0.1:0", *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        address = None
        while address is None:
            line = self.process.stderr.readline()
            if not line:
                sys.exit("the server did not start")
            address = re.search(r"http://\S+", line)
        # It logs a line for each answer, and waits where nobody reads them.
        self.told = collections.deque(maxlen=100)
        self.reader = threading.Thread(target=lambda: self.told.extend(self.process.stderr), daemon=True)
        self.reader.start()
        urllib.request.urlopen(f"{address.group()}/health/readyz").close()
        return address.group()

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.reader.join(timeout=60)
        if self.process.returncode != 0:
            sys.exit(f"the server ended with {self.process.returncode}: {''.join(self.told)[-2000:]}")


def schemathesis(address, target, examples, *options):
    """Asks all operations."""
    environment = dict(
        os.environ, PYTHONPATH=str(ROOT / "compat"), SCHEMATHESIS_HOOKS="openapi_checks", OPENAPI_TARGET=target
    )
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis", "run", f"{address}/openapi.json",
        "--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", examples,
        "--seed", 1, "--workers", 1, "--generation-database", "none", "--request-timeout", 10,
        "--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure", *options,
    ]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(list(map(str, command)), env=environment, cwd=folder)
    if done.returncode != 0:
        sys.exit(f"schemathesis found faults ({done.returncode})")


def counted(address):
    """Rows, and requests by code, from the server's own metrics."""
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    rows = next(int(line.split()[1]) for line in lines if line.startswith("openbacklinks_rows_total "))
    if rows == 0:
        sys.exit("no answer had a row")
    codes = {}
    for line in lines:
        if found := re.match(r'openbacklinks_requests_total\{.*code="(\d+)"\} (\d+)', line):
            codes[found[1]] = codes.get(found[1], 0) + int(found[2])
    return f"{rows} rows; requests by code: {dict(sorted(codes.items()))}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        archives, data = pathlib.Path(folder) / "archives", pathlib.Path(folder) / "index"
        run(built("examples/write_archives"), archives, LINKS, 0, 1)
        program = built("backlinks")
        run(program, "ingest", "--data", data, "--json", "--quiet", archives)
        run(program, "build", "--data", data, "--json", "--quiet")
        demo = json.loads(run(program, "demo", "--links", LINKS, "--seed", 1, "--no-serve", "--json", "--quiet"))
        with Served(data, "--no-auth") as address:
            schemathesis(address, demo["target"], 40, "--exclude-checks", f"{NOT_CHECKED},ignored_auth")
            print("without keys:", counted(address))
        key = json.loads(run(program, "keys", "create", "--data", data, "--name", "openapi", "--json"))
        with Served(data) as address:
            authorization = f"Authorization: Bearer {key['key']}"
            schemathesis(address, demo["target"], 5, "--exclude-checks", NOT_CHECKED, "--header", authorization)
            print("with a key:", counted(address))


if __name__ == "__main__":
    main()
