#!/usr/bin/env python3
"""Serves a synthetic web and, where they are, real captures, and lets the published Python and npm
clients read answers: plain, filtered, grouped, paged, empty and failing ones.

Needs a built `backlinks` (debug or release), `pip install dataforseo-client==2.1.10`, and
`npm ci --prefix compat/npm` with Node 20 or newer."""

import collections
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
NPM = ROOT / "compat/npm"
CLIENTS = [
    [sys.executable, ROOT / "crates/server/tests/compat/dataforseo_client.py"],
    ["node", NPM / "dataforseo_client.mjs"],
]
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


def read_by_clients(*arguments):
    for client in CLIENTS:
        subprocess.run(list(map(str, [*client, *arguments])), check=True)


class Serving:
    """A command that serves, from the line in which a pattern is found to SIGTERM."""

    def __init__(self, pattern, *arguments):
        command = [program(), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.found = None
        while self.found is None:
            line = self.process.stdout.readline()
            if not line:
                sys.exit(f"`{arguments[0]}` did not start")
            self.found = re.search(pattern, line)
        # It logs a line for each answer, and waits where nobody reads them.
        threading.Thread(target=lambda: collections.deque(self.process.stdout, maxlen=0), daemon=True).start()

    def __enter__(self):
        return self.found

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        if status != 0:
            sys.exit(f"the server ended with {status}")


def synthetic():
    """The demo, whose own line to try says where it is and what to ask."""
    line = r'-u (\S+?):(\S+) .*"target":"([^"]+)".* (http://[^/]+)/'
    with Serving(line, "demo", "--links", "8000", "--listen", "127.0.0.1:0") as found:
        login, key, target, host = found.groups()
        read_by_clients(host, login, key, target)
    print("the clients read a synthetic web")


def captures():
    if not CAPTURES.exists():
        print(f"skipped: {CAPTURES.name} of the shared test data are not there")
        return
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "index"
        run("ingest", "--data", data, "--json", "--quiet", CAPTURES)
        run("build", "--data", data, "--json", "--quiet")
        key = run("keys", "create", "--data", data, "--name", "compat", "--json")
        with Serving(r"http://\S+", "serve", "--data", data, "--listen", "127.0.0.1:0") as found:
            for target in TARGETS:
                count = run("query", target, "--data", data, "--json", "--limit", 1)["total_count"]
                read_by_clients(found.group(), key["id"], key["key"], target, count)
    print(f"the clients read {len(TARGETS)} targets of real captures")


def main():
    if not (NPM / "node_modules").exists():
        sys.exit("install the npm client first: npm ci --prefix compat/npm")
    synthetic()
    captures()


if __name__ == "__main__":
    main()
