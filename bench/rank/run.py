"""Time, CPU and memory of PageRank on cnr-2000: ours beside scipy, NetworKit and igraph, same graph, one run.

    python3 -m venv bench/.venv
    bench/.venv/bin/pip install -r bench/rank/requirements.txt
    bench/.venv/bin/python bench/rank/pagerank.py [EDGES.u32le.gz] [NODES] [--json FILE]

Every contender is a process of its own, held to one thread, so CPU seconds and peak memory (of reading the edges too)
are its own. Reading and ranking are timed apart, by the clock and in CPU time, of which the ratio is, as other work on the
machine shows less in it. Rounds are interleaved and the median counts. d = 0.85. All but igraph
stop when d/(1-d) times the l1 norm of the last step is at most 1e-9; igraph's PRPACK has a fixed tolerance of 1e-10 on
the residual. What is done about dangling nodes:

    ours       spread over all nodes with the teleport (Dangling::Prior)
    scipy      the same, as written below
    NetworKit  the same with SinkHandling.DistributeSinks; without it their mass is lost
    igraph     the same, always

The vectors are divided by their sums and compared with that of scipy: the run fails if ours or NetworKit's is more than
1e-9 away in l1. `--json` writes every round of every contender, the versions and the machine.
"""

import gzip
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
EDGES = ROOT.parent / "shared/data/graph/cnr-2000.edges.u32le.gz"
DAMPING, BOUND, ROUNDS = 0.85, 1e-9, 5
MEASURED = ("load_seconds", "load_cpu_seconds", "rank_seconds", "rank_cpu_seconds", "cpu_seconds", "peak_mib")
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def scipy_power(edges, nodes, ranks_path):
    """x = (1-d)/n + d (P'x + D(x)/n), a sparse product a step, as short as scipy allows."""
    import numpy as np
    from scipy.sparse import csr_matrix

    watch = Watch()
    pairs = np.fromfile(edges, dtype="<u4").reshape(-1, 2)
    source, target = pairs[:, 0].astype(np.int32), pairs[:, 1].astype(np.int32)
    degrees = np.bincount(source, minlength=nodes)
    inverse = np.divide(1.0, degrees, out=np.zeros(nodes), where=degrees > 0)
    matrix = csr_matrix((inverse[source], (target, source)), shape=(nodes, nodes))
    dangling = degrees == 0
    result = watch.stop("load")

    watch = Watch()
    x, sweeps, bound = np.full(nodes, 1 / nodes), 0, np.inf
    while bound > BOUND:
        y = DAMPING * (matrix @ x) + (1 - DAMPING + DAMPING * x[dangling].sum()) / nodes
        bound = DAMPING / (1 - DAMPING) * np.abs(y - x).sum()
        x, sweeps = y, sweeps + 1
    result |= watch.stop("rank")
    x.astype("<f8").tofile(ranks_path)
    return result | {"sweeps": sweeps}


def networkit_power(edges, nodes, ranks_path):
    import networkit
    import numpy as np

    networkit.setNumberOfThreads(1)
    watch = Watch()
    pairs = np.fromfile(edges, dtype="<u4").reshape(-1, 2)
    source, target = pairs[:, 0].astype(np.uint64), pairs[:, 1].astype(np.uint64)
    graph = networkit.GraphFromCoo((source, target), n=nodes, weighted=False, directed=True)
    result = watch.stop("load")

    watch = Watch()
    tolerance = BOUND * (1 - DAMPING) / DAMPING
    algorithm = networkit.centrality.PageRank(
        graph, DAMPING, tolerance, distributeSinks=networkit.centrality.SinkHandling.DistributeSinks
    )
    algorithm.norm = networkit.centrality.Norm.L1_NORM
    algorithm.run()
    result |= watch.stop("rank")
    np.array(algorithm.scores(), dtype="<f8").tofile(ranks_path)
    return result | {"sweeps": algorithm.numberOfIterations()}


def igraph_prpack(edges, nodes, ranks_path):
    import igraph
    import numpy as np

    watch = Watch()
    pairs = np.fromfile(edges, dtype="<u4").reshape(-1, 2)
    graph = igraph.Graph(n=nodes, edges=pairs.astype(np.int64), directed=True)
    result = watch.stop("load")

    watch = Watch()
    ranks = graph.pagerank(damping=DAMPING, implementation="prpack")
    result |= watch.stop("rank")
    np.array(ranks, dtype="<f8").tofile(ranks_path)
    return result | {"sweeps": None}


class Watch:
    """Time and CPU time of this process since it was made."""

    def __init__(self):
        self.start, self.cpu = time.perf_counter(), time.process_time()

    def stop(self, what):
        elapsed, cpu = time.perf_counter() - self.start, time.process_time() - self.cpu
        return {f"{what}_seconds": elapsed, f"{what}_cpu_seconds": cpu}


THEIRS = {"scipy": scipy_power, "networkit": networkit_power, "igraph": igraph_prpack}


def measured(command):
    """Runs a command; returns its standard output, CPU seconds and peak memory in MiB.

    A process starts with the peak of the one that started it, so this one stays small until it reports.
    """
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, env=os.environ | ONE_THREAD)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{command} failed with {process.returncode}")
        output.seek(0)
        return output.read(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def run_ours(program, edges, nodes, method, ranks_path):
    text, cpu, memory = measured([program, str(edges), str(nodes), method, "1", str(BOUND), str(ranks_path)])
    values = dict(line.split(" ", 1) for line in text.splitlines())
    result = {key: float(values[key]) for key in MEASURED[:4]}
    return result | {"sweeps": int(values["sweeps"]), "cpu_seconds": cpu, "peak_mib": memory}


def run_theirs(name, edges, nodes, ranks_path):
    command = [sys.executable, str(HERE), "--child", name, str(edges), str(nodes), str(ranks_path)]
    text, cpu, memory = measured(command)
    return json.loads(text.splitlines()[-1]) | {"cpu_seconds": cpu, "peak_mib": memory}


def main(arguments):
    report_path = None
    if "--json" in arguments:
        at = arguments.index("--json")
        report_path = Path(arguments[at + 1])
        del arguments[at : at + 2]
    source = Path(arguments[0]) if arguments else EDGES
    nodes = int(arguments[1]) if len(arguments) > 1 else 325_557
    build = ["cargo", "build", "--quiet", "--release", "-p", "rank", "--example", "pagerank"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = str(target / "release/examples/pagerank")

    with tempfile.TemporaryDirectory() as directory:
        edges = Path(directory) / "edges"
        with gzip.open(source) as packed, edges.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
        contenders = {
            f"ours, {method}": lambda path, method=method: run_ours(program, edges, nodes, method, path)
            for method in ("gauss-seidel", "streamed", "power")
        }
        for name in THEIRS:
            if importlib.util.find_spec(name) is None:
                print(f"skipped: no {name}")
                continue
            contenders[name] = lambda path, name=name: run_theirs(name, edges, nodes, path)

        rounds, paths = {name: [] for name in contenders}, {}
        load_before = os.getloadavg()[0]
        for _ in range(ROUNDS):
            for number, (name, run) in enumerate(contenders.items()):
                paths[name] = Path(directory) / f"ranks-{number}"
                rounds[name].append(run(paths[name]))
        report(source, rounds, paths, load_before, report_path)


def report(source, rounds, paths, load_before, report_path):
    import numpy as np

    def vector(name):
        values = np.fromfile(paths[name], dtype="<f8")
        return values / values.sum()

    medians = {
        name: {key: statistics.median(result[key] for result in results) for key in MEASURED}
        | {"sweeps": results[0]["sweeps"]}
        for name, results in rounds.items()
    }
    ours = next(iter(medians.values()))
    if "scipy" in paths:
        reference = vector("scipy")
        for name, result in medians.items():
            result["l1_to_scipy"] = float(np.abs(vector(name) - reference).sum())
    versions = {name: importlib.metadata.version(name) for name in THEIRS if name in rounds}
    print(f"{source.name}: l1 bound {BOUND}, one thread, median of {ROUNDS} rounds, load average before {load_before:.1f}")
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    columns = (("read s", 8), ("CPU", 7), ("rank s", 8), ("CPU", 7), ("ratio", 7), ("sweeps", 8), ("peak MiB", 10))
    print(f"{'':22}" + "".join(f"{name:>{width}}" for name, width in columns) + f"{'l1 to scipy':>13}")
    for name, result in medians.items():
        apart = f"{result['l1_to_scipy']:.1e}" if "l1_to_scipy" in result else ""
        print(
            f"{name:22}{result['load_seconds']:8.3f}{result['load_cpu_seconds']:7.3f}"
            f"{result['rank_seconds']:8.3f}{result['rank_cpu_seconds']:7.3f}"
            f"{result['rank_cpu_seconds'] / ours['rank_cpu_seconds']:7.2f}{result['sweeps'] or '':>8}"
            f"{result['peak_mib']:10.1f}{apart:>13}"
        )
    if report_path is not None:
        machine = {"cores": os.cpu_count(), "system": platform.platform(), "load_average_before": load_before}
        settings = {"graph": source.name, "damping": DAMPING, "l1_bound": BOUND, "rounds": ROUNDS}
        whole = settings | {"versions": versions, "machine": machine, "medians": medians, "all": rounds}
        report_path.write_text(json.dumps(whole, indent=1) + "\n")
    far = [name for name, result in medians.items() if result.get("l1_to_scipy", 0) > BOUND and name != "igraph"]
    if far:
        sys.exit(f"more than {BOUND} from scipy: {far}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        name, edges, nodes, ranks_path = sys.argv[2:]
        print(json.dumps(THEIRS[name](edges, int(nodes), ranks_path)))
    else:
        main(sys.argv[1:])
