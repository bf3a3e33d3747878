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
import venv
from pathlib import Path

from steadiness import steadiness

ROOT = Path(__file__).resolve().parents[1]
RELEASE = ROOT / "target/release"
WORK = ROOT / "target/bench"
RESULTS = WORK / "results"
ENVIRONMENT = ROOT / "bench/.venv"
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")}


def build_programs():
    """Our programs and examples, optimised; a few minutes when anything changed."""
    command = "cargo build --release --quiet -p openbacklinks -p synthweb --bins --examples".split()
    subprocess.run(command, cwd=ROOT, check=True)


def enter_environment(requirements):
    """Goes on in bench/.venv, which is made where it is missing and gets what `requirements` names."""
    python = ENVIRONMENT / "bin/python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    if Path(sys.prefix).resolve() == ENVIRONMENT.resolve():
        return
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", requirements], check=True)
    sys.stdout.flush()
    os.execv(python, [str(python), *sys.argv])


def build(*arguments):
    """Builds something of the workspace; returns the folder of what cargo makes."""
    subprocess.run(["cargo", "build", "--quiet", "--release", *arguments], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


def build_package(folder, name):
    """Builds a package outside of the workspace; returns its program."""
    target = ROOT / "bench/target"
    subprocess.run(["cargo", "build", "--quiet", "--release", "--target-dir", target], cwd=folder, check=True)
    return target / "release" / name


def synthetic_web(links, parts=4, seed=1):
    """Archives of a synthetic web; made once, the same on every machine."""
    folder = ROOT / f"target/bench/synth-{links}-{seed}"
    files = [str(folder / f"synthweb-0-{part:03}.warc.gz") for part in range(parts)]
    if not all(map(os.path.exists, files)):
        program = build("--package", "synthweb", "--example", "write_archives") / "examples/write_archives"
        subprocess.run([program, folder, str(links), "0", str(parts), str(seed)], check=True)
    return files


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


def measured(command):
    """Runs a command with one thread; returns its standard output, CPU seconds and peak memory in MiB."""
    child = run(command, env=ONE_THREAD)
    return child.text, child.cpu_seconds, child.peak_mib


def measured_json(command):
    """The last line of a command's output, which is JSON, with `peak_mib`."""
    text, _, memory = measured(command)
    return json.loads(text.splitlines()[-1]) | {"peak_mib": memory}


def medians(results):
    """The median of every number of several results."""
    keys = [key for key, value in results[0].items() if isinstance(value, (int, float))]
    values = {key: statistics.median(result[key] for result in results) for key in keys}
    return {key: int(value) if value == int(value) else value for key, value in values.items()}


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
        "clock": steadiness(),
    }


def versions(requirements):
    """The peers that a file of requirements pins."""
    return [line for line in requirements.read_text().splitlines() if line and not line.startswith("#")]


def save(name, document):
    """Writes the results of a bench, beside which `bench/report.py` finds them."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    document["machine"] |= {"load_at_end": round(os.getloadavg()[0], 1), "clock_at_end": steadiness()}
    path.write_text(json.dumps(document, indent=1) + "\n")
    tell("results:", path)
