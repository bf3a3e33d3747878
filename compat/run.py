#!/usr/bin/env python3
"""Indexes real captures (a synthetic web where they are absent), serves them, and lets the published
Python client read answers: plain, paged, empty and failing ones. Needs `pip install dataforseo-client`
and a built `backlinks` (debug or release)."""

import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLIENT = ROOT / "crates/server/tests/compat/dataforseo_client.py"
CAPTURES = ROOT.parent / "shared/data/captures"
TARGETS = ["facebook.com", "pinterest.com", "wordpress.org", "https://wordpress.org/", "nothing-links-here.com"]


def program():
    found = [path for kind in ("release", "debug") if (path := ROOT / "target" / kind / "backlinks").exists()]
    if not found:
        sys.exit("build the program first: cargo build -p openbacklinks")
    return max(found, key=lambda path: path.stat().st_mtime)


def run(*arguments):
    output = subprocess.run([program(), *map(str, arguments)], check=True, capture_output=True, text=True)
    return json.loads(output.stdout)


def main():
    if not CAPTURES.exists():
        print(f"skipped: {CAPTURES.name} of the shared test data are not there")
        return
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "index"
        run("ingest", "--data", data, "--json", "--quiet", CAPTURES)
        run("build", "--data", data, "--json", "--quiet")
        key = run("keys", "create", "--data", data, "--name", "compat", "--json")
        server = subprocess.Popen(
            [program(), "serve", "--data", str(data), "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True
        )
        try:
            address = None
            while address is None:
                line = server.stderr.readline()
                if not line:
                    sys.exit("the server did not start")
                address = re.search(r"http://\S+", line)
            read = 0
            for target in TARGETS:
                count = run("query", target, "--data", data, "--json", "--limit", 1)["total_count"]
                arguments = [sys.executable, CLIENT, address.group(), key["id"], key["key"], target, str(count)]
                subprocess.run(list(map(str, arguments)), check=True)
                read += 1
            print(f"the Python client read {read} targets of real captures")
        finally:
            server.send_signal(signal.SIGTERM)
            status = server.wait(timeout=60)
        if status != 0:
            sys.exit(f"the server ended with {status}")


if __name__ == "__main__":
    main()
