"""Time and memory of PageRank on cnr-2000: ours beside scipy and NetworKit, same graph, same stop, one run.

    python3 -m venv /tmp/rank-venv
    /tmp/rank-venv/bin/pip install numpy scipy networkit
    /tmp/rank-venv/bin/python bench/rank/pagerank.py [EDGES.u32le.gz] [NODES]

Every contender is a process of its own, so CPU seconds and peak memory (of reading the edges too) are its own. Reading
and ranking are timed apart. All stop when d/(1-d) times the l1 norm of the last step is at most 1e-9, with d = 0.85 and
dangling mass spread over all nodes; NetworKit's stop is on that l1 norm. Their vectors are compared with scipy's.
Rounds are interleaved and the fastest counts: other work on the machine only ever adds.
"""

import gzip
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
EDGES = ROOT.parent / "shared/data/graph/cnr-2000.edges.u32le.gz"
DAMPING, BOUND, ROUNDS = 0.85, 1e-9, 5


def scipy_power(edges, nodes, ranks_path):
    """x = (1-d)/n + d (P'x + D(x)/n), a sparse product a step, as short as scipy allows."""
    import numpy as np
    from scipy.sparse import csr_matrix

    start = time.perf_counter()
    pairs = np.fromfile(edges, dtype="<u4").reshape(-1, 2)
    source, target = pairs[:, 0].astype(np.int32), pairs[:, 1].astype(np.int32)
    degrees = np.bincount(source, minlength=nodes)
    inverse = np.divide(1.0, degrees, out=np.zeros(nodes), where=degrees > 0)
    matrix = csr_matrix((inverse[source], (target, source)), shape=(nodes, nodes))
    dangling = degrees == 0
    load = time.perf_counter() - start

    start = time.perf_counter()
    x, sweeps, bound = np.full(nodes, 1 / nodes), 0, np.inf
    while bound > BOUND:
        y = DAMPING * (matrix @ x) + (1 - DAMPING + DAMPING * x[dangling].sum()) / nodes
        bound = DAMPING / (1 - DAMPING) * np.abs(y - x).sum()
        x, sweeps = y, sweeps + 1
    rank = time.perf_counter() - start
    x.astype("<f8").tofile(ranks_path)
    return {"load_seconds": load, "rank_seconds": rank, "sweeps": sweeps, "threads": 1}


def networkit_power(edges, nodes, ranks_path):
    import networkit
    import numpy as np

    start = time.perf_counter()
    pairs = np.fromfile(edges, dtype="<u4").reshape(-1, 2)
    source, target = pairs[:, 0].astype(np.uint64), pairs[:, 1].astype(np.uint64)
    graph = networkit.GraphFromCoo((source, target), n=nodes, weighted=False, directed=True)
    load = time.perf_counter() - start

    start = time.perf_counter()
    tolerance = BOUND * (1 - DAMPING) / DAMPING
    algorithm = networkit.centrality.PageRank(
        graph, DAMPING, tolerance, distributeSinks=networkit.centrality.SinkHandling.DistributeSinks
    )
    algorithm.norm = networkit.centrality.Norm.L1_NORM
    algorithm.run()
    rank = time.perf_counter() - start
    np.array(algorithm.scores(), dtype="<f8").tofile(ranks_path)
    threads = networkit.getMaxNumberOfThreads()
    return {"load_seconds": load, "rank_seconds": rank, "sweeps": algorithm.numberOfIterations(), "threads": threads}


THEIRS = {"scipy": scipy_power, "networkit": networkit_power}


def measured(command):
    """Runs a command; returns its standard output, CPU seconds and peak memory in MiB.

    A process starts with the peak of the one that started it, so this one stays small until it reports.
    """
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{command} failed with {process.returncode}")
        output.seek(0)
        return output.read(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def run_ours(program, edges, nodes, method, threads, ranks_path):
    command = [program, str(edges), str(nodes), method, str(threads), str(BOUND), str(ranks_path)]
    text, cpu, memory = measured(command)
    values = dict(line.split(" ", 1) for line in text.splitlines())
    result = {key: float(values[key]) for key in ("load_seconds", "rank_seconds")}
    return result | {"sweeps": int(values["sweeps"]), "threads": threads, "cpu": cpu, "memory": memory}


def run_theirs(name, edges, nodes, ranks_path):
    command = [sys.executable, str(HERE), "--child", name, str(edges), str(nodes), str(ranks_path)]
    text, cpu, memory = measured(command)
    return json.loads(text.splitlines()[-1]) | {"cpu": cpu, "memory": memory}


def main():
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else EDGES
    nodes = int(sys.argv[2]) if len(sys.argv) > 2 else 325_557
    build = ["cargo", "build", "--quiet", "--release", "-p", "rank", "--example", "pagerank"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = str(target / "release/examples/pagerank")

    with tempfile.TemporaryDirectory() as directory:
        edges = Path(directory) / "edges"
        with gzip.open(source) as packed, edges.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
        contenders = {}
        for method in ("gauss-seidel", "power"):
            for threads in (2, 1):
                contenders[f"ours, {method}, {threads} thr."] = lambda path, method=method, threads=threads: run_ours(
                    program, edges, nodes, method, threads, path
                )
        for name in THEIRS:
            if importlib.util.find_spec(name) is None:
                print(f"skipped: no {name}")
                continue
            contenders[name] = lambda path, name=name: run_theirs(name, edges, nodes, path)

        best, paths = {}, {}
        for _ in range(ROUNDS):
            for number, (name, run) in enumerate(contenders.items()):
                paths[name] = Path(directory) / f"ranks-{number}"
                result = run(paths[name])
                known = best.setdefault(name, result)
                for key in ("load_seconds", "rank_seconds", "cpu", "memory"):
                    known[key] = min(known[key], result[key])
        report(source, best, paths)


def report(source, best, paths):
    import numpy as np

    ours = next(iter(best.values()))
    reference = np.fromfile(paths["scipy"], dtype="<f8") if "scipy" in paths else None
    print(f"{source.name}: l1 bound {BOUND}, best of {ROUNDS} rounds, load average {os.getloadavg()[0]:.1f}")
    print(f"{'':30}{'read s':>8}{'rank s':>8}{'ratio':>7}{'sweeps':>8}{'CPU s':>8}{'peak MiB':>10}{'l1 to scipy':>13}")
    for name, result in best.items():
        apart = "" if reference is None else f"{np.abs(np.fromfile(paths[name], dtype='<f8') - reference).sum():.1e}"
        print(
            f"{name:30}{result['load_seconds']:8.3f}{result['rank_seconds']:8.3f}"
            f"{result['rank_seconds'] / ours['rank_seconds']:7.2f}{result['sweeps']:8}{result['cpu']:8.2f}"
            f"{result['memory']:10.1f}{apart:>13}"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        name, edges, nodes, ranks_path = sys.argv[2:]
        print(json.dumps(THEIRS[name](edges, int(nodes), ranks_path)))
    else:
        main()
