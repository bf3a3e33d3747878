"""What the tables of bench/ share: the environment of the peers, data, measured processes, reports."""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / "bench/.venv"
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")}


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


def measured(command):
    """Runs a command with one thread; returns its standard output, CPU seconds and peak memory in MiB.

    A process starts with the peak of the one that started it, so this one should stay small.
    """
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, env=os.environ | ONE_THREAD)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{command} failed with {process.returncode}")
        output.seek(0)
        return output.read(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measured_json(command):
    """The last line of a command's output, which is JSON, with `peak_mib`."""
    text, _, memory = measured(command)
    return json.loads(text.splitlines()[-1]) | {"peak_mib": memory}


def medians(results):
    """The median of every number of several results."""
    keys = [key for key, value in results[0].items() if isinstance(value, (int, float))]
    values = {key: statistics.median(result[key] for result in results) for key in keys}
    return {key: int(value) if value == int(value) else value for key, value in values.items()}


def machine():
    """What the numbers were measured on."""
    with open("/proc/cpuinfo") as lines:
        models = {line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "processor": ", ".join(sorted(models)),
        "memory_gib": round(memory, 1),
        "system": platform.system(),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
    }


def write_report(path, report, requirements):
    """Writes JSON with the machine and the versions of the peers."""
    versions = [line for line in requirements.read_text().splitlines() if line and not line.startswith("#")]
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"machine": machine(), "versions": versions} | report
    path.write_text(json.dumps(whole, indent=1) + "\n")
    machine_text = ", ".join(f"{key} {value}" for key, value in whole["machine"].items())
    print(f"\n{machine_text}\nwritten to {path}")
