"""Time, CPU and memory of PageRank: ours beside scipy, NetworKit and igraph, same graph, one run.

    just bench rank [EDGES.u32le.gz NODES] [--rounds N] [--large EDGES]

On the web graph cnr-2000 if it is there, or another one; then, with `--large 100000000`, on a drawn graph of so many
edges (see `draw`), ours beside scipy and NetworKit, once each.

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
1e-9 away in l1. Every round of every contender, the versions and the machine go to the results.
"""

import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))
import measure

EDGES = measure.ROOT.parent / "shared/data/graph/cnr-2000.edges.u32le.gz"
REQUIREMENTS = HERE.parent / "requirements.txt"
DAMPING, BOUND = 0.85, 1e-9
MEASURED = ("load_seconds", "load_cpu_seconds", "rank_seconds", "rank_cpu_seconds", "cpu_seconds", "peak_mib")
# Edges for each node of a drawn graph, about as many as cnr-2000 has.
DEGREE = 10


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


def draw(path, edges):
    """A graph of a few less than `edges` edges and a tenth as many nodes, seeded: half of the edges go to a node near by, as
    links inside a site do, half to one drawn with a probability that falls with its number, so that few nodes have most of
    them. A sixth of the nodes has no edge that leaves. Sorted, each edge once."""
    import numpy as np

    nodes, random = edges // DEGREE, np.random.default_rng(1)
    # Shuffled, or the nodes with most edges would lie side by side.
    places = random.permutation(nodes)
    step = 6 * 70_000
    with open(path, "wb") as file:
        for first in range(0, nodes, step):
            last = min(first + step, nodes)
            count = DEGREE * (last - first)
            source = random.integers(first, last, count)
            source = np.minimum(source + (source % 6 == 0), last - 1)
            near = (source + random.geometric(0.02, count) - 25) % nodes
            far = places[(nodes * random.random(count) ** 4).astype(np.int64)]
            target = np.where(random.random(count) < 0.5, near, far)
            pairs = np.unique(source << 32 | target)
            np.stack([pairs >> 32, pairs & 0xFFFF_FFFF], axis=1).astype("<u4").tofile(file)


def run_ours(program, edges, nodes, method, ranks_path):
    text, cpu, memory = measure.measured([program, str(edges), str(nodes), method, "1", str(BOUND), str(ranks_path)])
    values = dict(line.split(" ", 1) for line in text.splitlines())
    result = {key: float(values[key]) for key in MEASURED[:4]}
    return result | {"sweeps": int(values["sweeps"]), "cpu_seconds": cpu, "peak_mib": memory}


def run_theirs(name, edges, nodes, ranks_path):
    command = [sys.executable, str(HERE), "--child", name, str(edges), str(nodes), str(ranks_path)]
    text, cpu, memory = measure.measured(command)
    return json.loads(text.splitlines()[-1]) | {"cpu_seconds": cpu, "peak_mib": memory}


def main():
    parser = argparse.ArgumentParser(prog="just bench rank")
    parser.add_argument("graph", nargs="?", type=Path, default=EDGES)
    parser.add_argument("nodes", nargs="?", type=int, default=325_557)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", type=int, metavar="EDGES", help="rank a drawn graph of so many edges, too")
    arguments = parser.parse_args()
    measure.enter_environment(REQUIREMENTS)
    machine = measure.machine()
    program = str(measure.build("--package", "rank", "--example", "pagerank") / "examples/pagerank")
    reports = []
    with tempfile.TemporaryDirectory() as directory:
        if arguments.graph.exists():
            edges = Path(directory) / "edges"
            with gzip.open(arguments.graph) as packed, edges.open("wb") as plain:
                shutil.copyfileobj(packed, plain)
            names = ("ours, gauss-seidel", "ours, streamed", "ours, power", *THEIRS)
            reports.append(compare(arguments.graph.name, program, edges, arguments.nodes, names, arguments.rounds))
        else:
            print(f"skipped: no {arguments.graph}")
        if arguments.large:
            edges = measure.ROOT / f"target/bench/edges-{arguments.large}"
            edges.parent.mkdir(parents=True, exist_ok=True)
            if not edges.exists():
                # In a process of its own, or its peak memory would be that of all that are started later.
                measure.measured([sys.executable, str(HERE), "--draw", f"{edges}.new", str(arguments.large)])
                os.rename(f"{edges}.new", edges)
            names = ("ours, gauss-seidel", "ours, streamed", "scipy", "networkit")
            nodes = arguments.large // DEGREE
            reports.append(compare(f"{arguments.large} drawn edges", program, edges, nodes, names, 1))
    far = [line for report in reports for line in far_from_scipy(report)]
    document = {"machine": machine, "versions": measure.versions(REQUIREMENTS)}
    measure.save("rank", document | {"damping": DAMPING, "l1_bound": BOUND, "large": arguments.large, "graphs": reports})
    subprocess.run([sys.executable, HERE.parents[1] / "report.py", "rank"], check=True)
    if far:
        sys.exit(f"more than {BOUND} from scipy: {far}")


def compare(title, program, edges, nodes, names, rounds):
    """Runs every contender in turn, and takes medians."""
    results = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as directory:
        paths = {name: Path(directory) / f"ranks-{number}" for number, name in enumerate(names)}
        for _ in range(rounds):
            for name in names:
                if name.startswith("ours, "):
                    result = run_ours(program, edges, nodes, name.removeprefix("ours, "), paths[name])
                else:
                    result = run_theirs(name, edges, nodes, paths[name])
                results[name].append(result)
                print(f"{title}, {name}: {result['rank_cpu_seconds']:.3f} s of CPU", file=sys.stderr)
        apart = distances(paths)
    medians = {
        name: {key: statistics.median(result[key] for result in of_name) for key in MEASURED}
        | {"sweeps": of_name[0]["sweeps"], "l1_to_scipy": apart[name]}
        for name, of_name in results.items()
    }
    return {"graph": title, "nodes": nodes, "rounds": rounds, "medians": medians, "all": results}


def distances(paths):
    """How far each vector of ranks is from that of scipy, in l1; in a process of its own, for its memory."""
    text, _, _ = measure.measured([sys.executable, str(HERE), "--distances", *map(str, [paths["scipy"], *paths.values()])])
    return dict(zip(paths, json.loads(text)))


def print_distances(reference, *others):
    import numpy as np

    def vector(path):
        values = np.fromfile(path, dtype="<f8")
        return values / values.sum()

    reference = vector(reference)
    print(json.dumps([float(np.abs(vector(path) - reference).sum()) for path in others]))


def far_from_scipy(report):
    """The contenders whose ranks are too far from those of scipy."""
    return [name for name, result in report["medians"].items() if result["l1_to_scipy"] > BOUND and name != "igraph"]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        name, edges, nodes, ranks_path = sys.argv[2:]
        print(json.dumps(THEIRS[name](edges, int(nodes), ranks_path)))
    elif sys.argv[1:2] == ["--draw"]:
        draw(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["--distances"]:
        print_distances(*sys.argv[2:])
    else:
        main()
