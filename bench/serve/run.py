"""Requests a second and latencies of `backlinks serve`, over loopback, with a key as real clients send it.

    just bench serve [--links 25000000] [--seconds 20] [--rounds 3] [--keep-data] [--trust-data]

32 keep-alive connections of HTTP/1.1. Closed loop at limit 10 and at limit 100; then open loops at half of what is wanted
of the closed ones and at half of what they gave, latencies counted from when a request was due; then nine small questions
for each large filtered one, in a closed loop and in an open one at half its speed. Targets are as popular as they have
links. Server and client share the machine. `oha` makes the closed loops and open loops too; it is installed from the
registry where it is missing. Beside every round of an open loop the machine is watched: see `bench/steadiness.py`.
"""

import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import measure
import steadiness

CONNECTIONS = 32
# Answers a second that are wanted of the closed loops.
WANTED = {"limit 10": 3000, "limit 100": 500}
WATCHED_SECONDS = 6
TARGETS = 1000
LARGE_FILTER = [["dofollow", "=", True], "and", ["anchor", "ilike", "%ar%"], "and", ["rank", ">", 20]]
TICKS = os.sysconf("SC_CLK_TCK")
# A key may ask as fast as it can here: the bench measures answers, not the limits of keys.
SETTINGS = {"BACKLINKS_REQUESTS_PER_MINUTE": "1000000", "BACKLINKS_REQUESTS_AT_ONCE": "1000"}


def main():
    options = arguments()
    measure.build_programs()
    load = built_load()
    folder = measure.WORK / f"query-{options.links}"
    index = made_index(folder, options)
    targets = measure.run([measure.example("targets"), index, TARGETS]).json()
    bodies = written_bodies(measure.WORK / "bodies", targets)
    document = {"machine": measure.machine(), "links": options.links, "rounds": options.rounds, "connections": CONNECTIONS}
    document |= {"rows": targets["rows"], "domains": targets["domains"], "largest": targets["largest"][0], "lines": []}
    with Server(index) as server:
        oha = installed_oha()
        document["oha"] = oha and subprocess.run([oha, "--version"], capture_output=True, text=True).stdout.strip()
        for name in ("limit 10", "limit 100", "mixed"):
            closed = asked_by_both(server, load, oha, name, bodies[name], options)
            reached = sum(part["requests_a_second"] for part in closed["by_name"].values())
            rates = [WANTED[name] / 2, reached / 2] if name in WANTED else [reached / 2]
            opened = [asked_by_both(server, load, oha, name, bodies[name], options, rate, rate / reached) for rate in rates]
            document["lines"] += [closed, *opened]
        document["server_peak_mib"] = server.peak_mib()
    # A line a request, as by default.
    Path(server.log.name).unlink()
    measure.save("serve", document)
    if not options.keep_data:
        measure.removed(folder)
    subprocess.run([sys.executable, HERE.parent / "report.py", "serve"], check=True)


def asked_by_both(server, load, oha, name, bodies, options, rate=None, share=None):
    """Rounds of our client, one of `oha` unless the load is mixed. An open loop asks for `share` of what a closed one got."""
    measure.tell(name, f"open loop at {rate:.0f}/s" if rate else "closed loop")
    rounds, windows = [], []
    for _ in range(options.rounds):
        rounds.append(server.asked(load, bodies, options.seconds, rate))
        if rate:
            windows += steadiness.speeds(WATCHED_SECONDS)
    line = {"name": name, "loop": "open" if rate else "closed", "rate": rate} | middle(rounds)
    if rate:
        line["machine"] = steadiness.told(windows) | {"ideal_p99_ms": steadiness.ideal_p99_ms(windows, share)}
    if oha and name != "mixed":
        line["oha"] = server.asked_by_oha(oha, bodies, options.seconds, rate)
    return line


def arguments():
    parser = argparse.ArgumentParser(prog="just bench serve", description=__doc__)
    parser.add_argument("--links", type=int, default=25_000_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep-data", action="store_true", help="keep the index for another run")
    parser.add_argument("--trust-data", action="store_true", help="use one that was kept, whatever programs made it")
    return parser.parse_args()


def made_index(folder, options):
    """The index of the query bench."""
    sys.path.insert(0, str(HERE.parent / "query"))
    from index import made_index

    return made_index(folder, options.links, options.trust_data)


def built_load():
    target = measure.WORK / "load"
    command = ["cargo", "build", "--release", "--quiet", "--manifest-path", HERE / "load/Cargo.toml", "--target-dir", target]
    subprocess.run(command, check=True)
    return target / "release/load"


def installed_oha():
    """Its path; it is installed beside the other peers where it is missing, which takes some minutes."""
    beside = HERE.parent / ".venv/bin/oha"
    if not beside.is_file() and not shutil.which("oha"):
        measure.tell("oha from the registry")
        target = measure.WORK / "oha"
        command = ["cargo", "install", "--quiet", "--locked", "--root", beside.parents[1], "--target-dir", target, "oha"]
        if subprocess.run(command).returncode:
            measure.tell("note: without oha")
        measure.removed(target)
    return str(beside) if beside.is_file() else shutil.which("oha")


def written_bodies(folder, targets):
    """Files of lines `NAME TAB JSON`, shuffled the same way every time."""
    folder.mkdir(parents=True, exist_ok=True)
    large = [target["domain"] for target in targets["largest"]]
    dice = random.Random(1)
    sampled = list(targets["sampled"])
    dice.shuffle(sampled)

    def body(domain, limit, **more):
        return json.dumps([{"target": domain, "limit": limit, **more}])

    lines = {f"limit {limit}": [f"limit {limit}\t{body(domain, limit)}" for domain in sampled] for limit in (10, 100)}
    lines["mixed"] = [
        f"large\t{body(large[number // 10 % len(large)], 100, filters=LARGE_FILTER)}" if number % 10 == 9
        else f"small\t{body(domain, 10)}"
        for number, domain in enumerate(sampled)
    ]
    paths = {}
    for name, texts in lines.items():
        paths[name] = folder / f"{name.replace(' ', '-')}.tsv"
        paths[name].write_text("\n".join(texts) + "\n")
    return paths


class Server:
    """`backlinks serve` on a free port, warmed, ended when the block ends."""

    def __init__(self, index):
        self.index = index
        self.log = (measure.WORK / "serve.log").open("w")

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        create = [measure.program("backlinks"), "keys", "create", "--data", self.index, "--name", "bench", "--json"]
        made = measure.run(create).json()
        self.key, self.key_id = made["key"], made["id"]
        self.process = subprocess.Popen(
            [measure.program("backlinks"), "serve", "--data", self.index, "--listen", self.address],
            env=os.environ | SETTINGS, stdout=subprocess.DEVNULL, stderr=self.log,
        )
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://{self.address}/health/readyz", timeout=5)
                return self
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit(f"the server ended at once: see {self.log.name}")
                time.sleep(0.2)
        self.__exit__()
        raise SystemExit("the server is not ready after a minute")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        measure.run([measure.program("backlinks"), "keys", "revoke", self.key_id, "--data", self.index], may_fail=True)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_mib(self):
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))

    def asked(self, load, bodies, seconds, rate):
        before = self.cpu_seconds()
        command = [load, self.address, self.key, bodies, CONNECTIONS, seconds, *([rate] if rate else [])]
        child = measure.run(command, seconds * 3 + 120)
        by_name = child.json()
        requests = sum(part["requests"] for part in by_name.values())
        errors = sum(part["errors"] for part in by_name.values())
        if errors:
            measure.tell(f"note: {errors} of {requests} requests failed")
        server = self.cpu_seconds() - before
        return {"by_name": by_name, "server_cpu_ms": server * 1000 / requests, "client_cpu_ms": child.cpu_seconds * 1000 / requests}

    def asked_by_oha(self, oha, bodies, seconds, rate):
        """Its own words: requests a second and p99 in ms."""
        lines = bodies.with_suffix(".lines")
        lines.write_text("".join(line.split("\t", 1)[1] for line in bodies.read_text().splitlines(keepends=True)))
        loop = ["-q", str(int(rate)), "--latency-correction"] if rate else []
        form = ["--no-tui", "--output-format", "json", "-m", "POST", "-T", "application/json", "-Z", str(lines)]
        command = [oha, *form, "-z", f"{seconds}s", "-c", str(CONNECTIONS), *loop, "-H", f"Authorization: Bearer {self.key}"]
        child = measure.run([*command, f"http://{self.address}/v3/backlinks/backlinks/live"], seconds * 3 + 120)
        found = child.json()
        return {
            "requests_a_second": found["summary"]["requestsPerSec"],
            "p50_ms": found["latencyPercentiles"]["p50"] * 1000,
            "p99_ms": found["latencyPercentiles"]["p99"] * 1000,
            "statuses": found["statusCodeDistribution"],
        }


def middle(rounds):
    """The medians of rounds, part by part."""
    by_name = {
        name: {what: measure.median([round["by_name"][name][what] for round in rounds]) for what in part}
        for name, part in rounds[0]["by_name"].items()
    }
    for name, part in by_name.items():
        part["errors"] = sum(round["by_name"][name]["errors"] for round in rounds)
    rest = {what: measure.median([round[what] for round in rounds]) for what in ("server_cpu_ms", "client_cpu_ms")}
    return {"by_name": by_name} | rest


if __name__ == "__main__":
    main()
