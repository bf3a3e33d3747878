"""What all benches share: the folders, the programs, a child's time and memory, results as JSON.

The process that starts children stays small (no engine is imported here): a child's peak memory is never less than that
of the process that started it.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RELEASE = ROOT / "target/release"
WORK = ROOT / "target/bench"
RESULTS = WORK / "results"


def build_programs():
    """Our programs and examples, optimised; a few minutes when anything changed."""
    command = "cargo build --release --quiet -p openbacklinks -p synthweb --bins --examples".split()
    subprocess.run(command, cwd=ROOT, check=True)


def program(name):
    return str(RELEASE / name)


def example(name):
    return str(RELEASE / "examples" / name)


class Child:
    """What a process did: `text` (standard output), `seconds`, `cpu_seconds`, `peak_mib`."""

    def __init__(self, text, seconds, cpu_seconds, peak_mib):
        self.text, self.seconds, self.cpu_seconds, self.peak_mib = text, seconds, cpu_seconds, peak_mib

    def json(self):
        return json.loads(self.text)

    def figures(self):
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds, "peak_mib": self.peak_mib}


def run(command, limit_seconds=3600, env=None, may_fail=False):
    """Runs a command to its end; killed and an error after `limit_seconds`."""
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdout=output, env=os.environ | (env or {}))
        timer = threading.Timer(limit_seconds, process.kill)
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        finally:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if process.returncode != 0 and not may_fail:
            raise SystemExit(f"{' '.join(map(str, command))}: exit code {process.returncode} after {seconds:.0f} s")
        output.seek(0)
        child = Child(output.read(), seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        child.exit_code = process.returncode
        return child


def tell(*words):
    print(f"[{time.strftime('%H:%M:%S')}]", *words, file=sys.stderr, flush=True)


def median(values):
    return statistics.median(values)


def folder_bytes(path):
    return sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file())


def made(folder, key, make):
    """Makes a folder once: `make(folder)` runs unless the folder was made to its end with the same key.

    A key is a list as JSON whose last part is of the programs, or null for whatever programs.
    """
    folder = Path(folder)
    mark = folder.parent / f"{folder.name}.done"
    facts, programs = json.loads(key)[:-1], json.loads(key)[-1]
    known = json.loads(mark.read_text()) if mark.is_file() else [None]
    if known[:-1] == facts and programs in (None, known[-1]):
        tell("already made:", folder)
        return folder
    mark.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    make(folder)
    mark.write_text(key)
    return folder


def removed(folder):
    folder = Path(folder)
    (folder.parent / f"{folder.name}.done").unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def programs_key(*names):
    """Changes when one of our programs does."""
    import hashlib

    digest = hashlib.sha256()
    for name in names:
        digest.update(Path(name).read_bytes())
    return digest.hexdigest()


def needs_disk(gib, folder=WORK):
    """Refuses to begin what would fill the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / 2**30
    if free < gib:
        raise SystemExit(f"{folder}: {free:.1f} GiB free, {gib:.1f} are needed; ask for fewer --links")


def machine():
    def first(path, start):
        lines = Path(path).read_text().splitlines()
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(start)), "unknown")

    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {
        "cpu": first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(first("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "commit": commit.stdout.strip(),
        "date": time.strftime("%Y-%m-%d"),
        "load": round(os.getloadavg()[0], 1),
    }


def save(name, document):
    """Writes the results of a bench, beside which `bench/report.py` finds them."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    document["machine"]["load_at_end"] = round(os.getloadavg()[0], 1)
    path.write_text(json.dumps(document, indent=1) + "\n")
    tell("results:", path)
