"""First pages of large and small targets: ours beside DuckDB and ClickHouse. See README.md.

    just bench query [--links 25000000] [--rounds 5] [--keep-data] [--trust-data] [--peers duckdb,clickhouse]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import measure
from index import HOST_EXPONENT, key, made_index
from questions import QUESTIONS

DISTINCT_ANCHORS, LARGE_ROWS = 0.30, 2_000_000
PEERS = {"duckdb": ["target, place", "target, page"], "clickhouse": ["target, place", "target, page"]}
LOAD_MIB = 6144
# How long a question is asked for one figure: the system counts CPU time in ticks of 10 ms.
SECONDS = 0.3
# A way that takes this much more CPU than the best one in the trial is not asked again.
NEAR = 1.3


def main():
    options = arguments()
    measure.build_programs()
    links, folder = options.links, measure.WORK / f"query-{options.links}"
    measure.needs_disk(1 + links * 700 / 2**30, folder)
    index = made_index(folder, links, options.trust_data)
    parquet = made_parquet(folder, links, index, options.trust_data)
    document = {"machine": measure.machine(), "links": links, "rounds": options.rounds}
    document |= facts_of_index(index, parquet)
    document["truth"] = truth(index, links)
    targets = document["targets"]
    answers = [Ours(index, question, targets[question.target]) for question in QUESTIONS]
    measured = [{"peers": []} for _ in QUESTIONS]
    for engine in options.peers:
        for order in PEERS[engine]:
            beside(engine, order, parquet, folder, answers, measured, document, options.rounds)
    for ours, figures, question in zip(answers, measured, QUESTIONS):
        while len(ours.rounds) < options.rounds:
            ours.ask()
        figures |= ours.figures() | {"question": question.name, "goal": question.goal}
    document["questions"] = measured
    measure.save("query", document)
    if not options.keep_data:
        measure.removed(folder)
    subprocess.run([sys.executable, HERE.parent / "report.py", "query"], check=True)


def arguments():
    parser = argparse.ArgumentParser(prog="just bench query", description=__doc__)
    parser.add_argument("--links", type=int, default=25_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep-data", action="store_true", help="keep index and Parquet for another run")
    parser.add_argument("--trust-data", action="store_true", help="use those that were kept, whatever programs made them")
    parser.add_argument("--peers", type=lambda text: text.split(","), default=list(PEERS))
    return parser.parse_args()


def made_parquet(folder, links, index, trust_data):
    def make(parquet):
        measure.tell("the same rows as Parquet")
        export = subprocess.Popen([measure.example("export_rows"), index], stdout=subprocess.PIPE)
        write = subprocess.run(
            [sys.executable, HERE / "parquet.py", parquet], stdin=export.stdout, capture_output=True, text=True, timeout=7200
        )
        export.stdout.close()
        if write.returncode or export.wait():
            raise SystemExit(f"the export failed: {write.stderr[-2000:]}")

    return measure.made(folder / "parquet", key(trust_data, links, HOST_EXPONENT), make)


def facts_of_index(index, parquet):
    """Bytes, ranks, targets; with the two conditions that the data must meet."""
    manifests = sorted((index / "snapshots").glob("*/manifest.json"))
    manifest = json.loads(manifests[-1].read_text().split("\n", 1)[1])
    totals = manifest["totals"]
    rows = totals["links"] + totals["indirect_links"]
    # What only the next build reads.
    to_fold = ("sources", "mentions", "links/body/events")
    by_table = {}
    for file in manifest["files"]:
        table = file["name"].rsplit("-", 1)[0]
        by_table[table] = by_table.get(table, 0) + file["size_bytes"]
    kept = json.loads((index / "build.json").read_text())
    found = measure.run([measure.example("targets"), index, 1]).json()
    targets = {"large": found["largest"][0], "small": found["small"][0] if found["small"] else found["largest"][-1]}
    if targets["large"]["rows"] < LARGE_ROWS:
        measure.tell(f"note: the largest target has {targets['large']['rows']} rows, the goals are for {LARGE_ROWS}")
    return {
        "rows": rows,
        "totals": totals,
        "rank": manifest["rank"],
        "targets": targets,
        "crawl": kept["crawl"],
        "build": kept["build"],
        "bytes_by_table": by_table,
        "snapshot_bytes": sum(by_table.values()),
        "answer_bytes": sum(size for table, size in by_table.items() if table not in to_fold),
        "parquet_bytes": measure.folder_bytes(parquet),
    }


def truth(index, links):
    """The sampled answers of this very index against what the web says of itself."""
    measure.tell("answers against the truth of the web")
    child = measure.run([measure.example("check_truth"), index, links, 1, 24, HOST_EXPONENT], 3600)
    return child.text.strip().splitlines()[-1]


class Ours:
    """Our side of a question: a process for each round, which asks it in turn with files open and blocks decoded."""

    def __init__(self, index, question, target):
        self.command = [measure.example("measure_query"), index, target["domain"]]
        self.flags, self.rounds, self.answer = question.flags, [], None
        self.domain, self.name = target["domain"], question.name
        trial = measure.run([*self.command, 1, *self.flags], 600).json()
        self.runs = max(3, min(300, int(SECONDS * 1000 / max(trial["warm"]["wall_ms"], 0.01))))
        self.answer = trial

    def ask(self):
        self.rounds.append(measure.run([*self.command, self.runs, *self.flags], 600).json())

    def figures(self):
        def middle(kind, what):
            return measure.median([round[kind][what] for round in self.rounds])

        return {
            "domain": self.domain,
            "total_count": self.answer["total_count"],
            "ours": {
                kind: {"cpu_ms": middle(kind, "cpu_ms"), "wall_ms": middle(kind, "wall_ms")}
                for kind in ("warm", "open_files_no_cache", "cold_with_open")
            }
            | {"peak_mib": max(round["peak_memory_bytes"] for round in self.rounds) / 2**20, "rounds": len(self.rounds)},
        }


class Peer:
    def __init__(self, engine, folder):
        self.process = subprocess.Popen(
            [sys.executable, HERE / "peer.py", engine, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, what, **order):
        self.process.stdin.write(json.dumps({"do": what, **order}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a peer ended with {self.process.wait()} while it had to {what}")
        return json.loads(line)

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)


def beside(engine, order, parquet, folder, answers, measured, document, rounds):
    """Loads a peer in one sort order, asks all questions of it and of us in turn, and removes it."""
    table = folder / f"{engine}-{order.replace(', ', '-')}"
    measure.removed(table)
    peer = Peer(engine, table)
    try:
        measure.tell(f"{engine} by {order}: load")
        loaded = peer.do("load", parquet=str(parquet), order=order, memory_mib=LOAD_MIB)
        peer.end()
        peer = Peer(engine, table)
        facts = peer.do("facts")
        if facts["rows"] != document["rows"]:
            raise SystemExit(f"{engine} has {facts['rows']} rows, we have {document['rows']}")
        share = facts["distinct_anchors"] / facts["rows"]
        if share < DISTINCT_ANCHORS:
            raise SystemExit(f"only {share:.1%} of the anchors are distinct")
        document["distinct_anchors"] = share
        bytes_a_row = measure.folder_bytes(table) / facts["rows"]
        document.setdefault("loads", []).append({"engine": engine, "order": order, "bytes_a_row": bytes_a_row} | facts | loaded)
        for number, (question, ours, figures) in enumerate(zip(QUESTIONS, answers, measured)):
            figures["peers"] += asked(peer, engine, order, number, question, ours, rounds)
    finally:
        peer.process.kill()
        peer.process.wait()
        measure.removed(table)


def asked(peer, engine, order, number, question, ours, rounds):
    """Every way with one thread and with two, once; then the near ones again, in turn with ours."""
    trials = []
    for way in peer.do("ways", question=number):
        for threads in (1, 2):
            request = {"question": number, "domain": ours.domain, "way": way, "threads": threads}
            for seconds in (0, SECONDS):
                answer = peer.do("ask", **request, seconds=seconds)
                check(engine, way, question, ours.answer, answer)
            trials.append((answer["cpu_ms"], request))
    best = min(cpu for cpu, _ in trials)
    near = [request for cpu, request in trials if cpu <= best * NEAR]
    figures = [[] for _ in near]
    for _ in range(rounds):
        ours.ask()
        for request, found in zip(near, figures):
            answer = peer.do("ask", **request, seconds=SECONDS)
            check(engine, request["way"], question, ours.answer, answer)
            found.append(answer)
    best = [
        {
            "engine": engine,
            "order": order,
            "way": request["way"],
            "threads": request["threads"],
            "cpu_ms": measure.median([answer["cpu_ms"] for answer in found]),
            "wall_ms": measure.median([answer["wall_ms"] for answer in found]),
            "peak_mib": max(answer["peak_mib"] for answer in found),
            "ways_tried": len(trials),
        }
        for request, found in zip(near, figures)
    ]
    best.sort(key=lambda way: way["cpu_ms"])
    measure.tell(f"  {question.name}: {best[0]['cpu_ms']:.1f} ms CPU by {best[0]['way']}, {best[0]['threads']} threads")
    return best


def check(engine, way, question, ours, theirs):
    """A run whose answers differ is no run."""
    for what in ("total_count", "url_from", "links_count", "group_count"):
        if ours[what] != theirs[what]:
            raise SystemExit(
                f"{question.name}: {engine}, {way}: other {what}: {str(theirs[what])[:200]}, ours {str(ours[what])[:200]}"
            )
    if theirs["columns"] < 54:
        raise SystemExit(f"{engine}, {way}: {theirs['columns']} columns")


if __name__ == "__main__":
    main()
