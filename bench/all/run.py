"""Every bench, one after the other, and their tables: `just bench all [BENCH...]`. Half an hour to two hours.

A bench that fails does not stop the others; the exit code says so.
"""

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(BENCH))

import measure

# The index that query leaves is the one that serve asks.
BENCHES = {"ingest": [], "rank": [], "query": ["--keep-data"], "serve": [], "build": []}


def main(names):
    failed = []
    for name in names or BENCHES:
        script, requirements = BENCH / name / "run.py", BENCH / name / "requirements.txt"
        measure.tell("bench", name)
        if requirements.is_file():
            subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
        if subprocess.run([sys.executable, script, *BENCHES[name]]).returncode:
            failed.append(name)
    subprocess.run([sys.executable, BENCH / "capacity.py"])
    subprocess.run([sys.executable, BENCH / "report.py"], check=True)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
