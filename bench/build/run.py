"""What a build costs: merging two crawls beside DuckDB, everything after it, and folding a small crawl in.

    just bench build [--links 10000000,20000000] [--fold-links 20000000] [--archive-links 1000000] [--rounds 3]

For each number of links, two crawls of a synthetic web (the same pages, a month apart) of so many links each:

- `merge_cost`: the stages of a build before the ranks over everything, with 2 GiB and two threads, in a process of its
  own. What DuckDB does too is sources + targets + pages: read both crawls, make one link of each (source, target) of a
  crawl, join the crawls, sort by target, write. Seconds, CPU seconds of each stage, and the peak of the process.
- `backlinks build`: the whole way to a published snapshot.
- DuckDB: links of every eighth page of the largest pair, from Parquet that has what a visit says of a link: dedupe by
  (source, target), full outer join, sort by target, write a table; 2 GiB and two threads as well. Costs are compared by
  link that goes in.

The merges of all take turns, ROUNDS times; medians by CPU time.

Then `fold_cost` (what a small crawl costs in a large index), and `backlinks ingest` of archives.
"""

import argparse
import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import measure
from peer import OUT_OF_MEMORY

MEMORY_MIB, THREADS, BUCKETS, FOLD_BUCKETS = 2048, 2, 16, 400
MERGE = ("sources", "targets", "pages")
SHARE = 8
CAPTURES = measure.ROOT.parent / "shared/data/captures"


def main():
    options = arguments()
    measure.build_programs()
    folder = measure.WORK / "build"
    shutil.rmtree(folder, ignore_errors=True)
    measure.needs_disk(2 + sum(options.links) * 900 / 2**30, folder)
    document = {"machine": measure.machine(), "memory_mib": MEMORY_MIB, "threads": THREADS, "rounds": options.rounds}
    try:
        document["merges"], document["duckdb"] = merged(folder, options.links, options.rounds)
        document["ingest"] = ingest(folder, options.archive_links, options.rounds)
        document["fold"] = fold(folder, options.fold_links)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    measure.save("build", document)
    subprocess.run([sys.executable, HERE.parent / "report.py", "build"], check=True)


def arguments():
    parser = argparse.ArgumentParser(prog="just bench build", description=__doc__)
    parser.add_argument("--links", type=lambda text: list(map(int, text.split(","))), default=[10_000_000, 20_000_000])
    parser.add_argument("--fold-links", type=int, default=20_000_000)
    parser.add_argument("--archive-links", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def merged(folder, sizes, rounds):
    """Pairs of crawls merged without publishing, and by DuckDB, in turn, so that none has the better minutes; then built."""
    pairs = [pair_of_crawls(folder, links) for links in sizes]
    parquet, share = exported(folder, max(sizes), SHARE), SHARE
    by_us, by_duckdb = {links: [] for links in sizes}, []
    for _ in range(rounds):
        for pair in pairs:
            by_us[pair["links"]].append(merged_by_us(pair))
        found = merged_by_duckdb(folder, parquet, "dedupe")
        while not found and share < SHARE * 8:
            measure.tell("DuckDB ran out of memory: an eighth of that")
            share, by_duckdb = share * 8, []
            parquet = exported(folder, max(sizes), share)
            found = merged_by_duckdb(folder, parquet, "dedupe")
        by_duckdb += [found] if found else []
    merges = [built(pair) | {"merge": middle(by_us[pair["links"]], "merge_cpu_seconds")} for pair in pairs]
    if not by_duckdb:
        return merges, None
    unique = merged_by_duckdb(folder, parquet, "unique")
    return merges, middle(by_duckdb, "cpu_seconds") | {"share": share, "unique": unique}


def pair_of_crawls(folder, links):
    """Two crawls of `links` links each."""
    data = folder / f"data-{links}"
    crawls = []
    for step in (0, 1):
        measure.tell(f"crawl {step} of {links} links")
        crawls.append(measure.run([measure.example("synthetic_crawl"), data, links, step], 3600).json())
    return {"links": links, "data": data, "crawls": crawls, "incoming_links": sum(crawl["links"] for crawl in crawls)}


def merged_by_us(pair):
    measure.tell("merge")
    child = measure.run([measure.example("merge_cost"), pair["data"], MEMORY_MIB, THREADS], 7200)
    found = child.json() | {"peak_mib": child.peak_mib}
    stages = {stage["stage"]: stage for stage in found["stages"]}
    found["merge_seconds"] = sum(stages[name]["seconds"] for name in MERGE)
    found["merge_cpu_seconds"] = sum(stages[name]["cpu_seconds"] for name in MERGE)
    found["links_a_second"] = pair["incoming_links"] / found["merge_seconds"]
    measure.tell(f"{found['links_a_second']:.0f} links/s, {found['merge_cpu_seconds']:.1f} CPU s, {found['peak_mib']:.0f} MiB")
    return found


def middle(runs, by):
    return sorted(runs, key=lambda run: run[by])[len(runs) // 2]


def built(pair):
    measure.tell("build")
    data = pair["data"]
    command = [measure.program("backlinks"), "build", "--data", data, "--memory", f"{MEMORY_MIB}MiB", "--json", "--quiet"]
    child = measure.run(command, 7200)
    sizes = {"crawls_bytes": measure.folder_bytes(data / "crawls"), "snapshot_bytes": measure.folder_bytes(data / "snapshots")}
    shutil.rmtree(data)
    told = {name: pair[name] for name in ("links", "crawls", "incoming_links")}
    return told | {"build": child.json() | child.figures()} | sizes


def exported(folder, links, share):
    """Links of every `share`th page, twice, as Parquet."""
    parquet = folder / "links"
    parquet.mkdir(parents=True, exist_ok=True)
    for step in (0, 1):
        measure.tell(f"links of every {share}th page, crawl {step}")
        export = subprocess.Popen([measure.example("synthetic_links"), str(links), str(step), str(share)], stdout=subprocess.PIPE)
        write = [sys.executable, HERE / "peer.py", "write", parquet / f"step-{step}.parquet"]
        subprocess.run(write, stdin=export.stdout, check=True, timeout=3600)
        export.stdout.close()
        if export.wait():
            raise SystemExit("the export failed")
    return parquet


def merged_by_duckdb(folder, parquet, kind):
    """`None` if it runs out of memory."""
    measure.tell(f"DuckDB merges them: {kind}")
    command = [sys.executable, HERE / "peer.py", "merge", parquet, folder / "merge.duckdb", MEMORY_MIB, THREADS, kind]
    child = measure.run(command, 3600, may_fail=True)
    if child.exit_code == OUT_OF_MEMORY:
        return None
    if child.exit_code:
        raise SystemExit(f"DuckDB ended with {child.exit_code}")
    measure.tell(f"{child.cpu_seconds:.1f} CPU s")
    return child.json() | child.figures()


def ingest(folder, links, rounds):
    """Archives to a crawl: reading, extracting, sorting, writing. Made-up pages, which are small and full of links, and
    real ones, which are large and have few, so that what bytes and what links cost can be told apart. By turns, medians."""
    archives = folder / "archives"
    measure.tell(f"archives of {links} links")
    measure.run([measure.example("write_archives"), archives, links, 0, 4], 3600)
    sets = {"made_up": archives} | ({"real": CAPTURES} if CAPTURES.is_dir() else {})
    passes = [{name: ingested(folder, of) for name, of in sets.items()} for _ in range(rounds)]
    found = {name: sizes(of) | measure.medians([figures[name] for figures in passes]) for name, of in sets.items()}
    shutil.rmtree(archives)
    return found


def sizes(archives):
    files = list(archives.glob("*.warc.gz"))
    return {
        "plain_bytes": sum(map(plain_bytes, files)),
        "archive_bytes": sum(path.stat().st_size for path in files),
    }


def ingested(folder, archives):
    data = folder / "ingested"
    measure.tell("ingest", archives)
    command = [measure.program("backlinks"), "ingest", "--data", data, "--crawl", "bench", "--json", "--quiet", archives]
    child = measure.run(command, 3600)
    told = child.json()
    figures = {
        "pages": sum(archive["pages"] for archive in told["inputs"]),
        "links": told["links"],
        "crawl_bytes": measure.folder_bytes(data / "crawls"),
    }
    shutil.rmtree(data)
    return figures | child.figures()


def plain_bytes(path):
    """Bytes of an archive without compression of its records."""
    with gzip.open(path) as file:
        return sum(len(part) for part in iter(lambda: file.read(1 << 20), b""))


def fold(folder, links):
    """The table of `fold_cost`, as it prints it."""
    measure.tell(f"folding into {links} links and {FOLD_BUCKETS} buckets")
    child = measure.run([measure.example("fold_cost"), folder / "fold", links, FOLD_BUCKETS, MEMORY_MIB], 10800)
    shutil.rmtree(folder / "fold")
    return {"links": links, "buckets": FOLD_BUCKETS, "text": child.text} | child.figures()


if __name__ == "__main__":
    main()
