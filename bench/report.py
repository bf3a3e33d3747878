"""The tables of docs/benchmarks.md from the results of the benches: `report.py [--write] [BENCH...]`.

Prints Markdown. With `--write` it replaces what stands in docs/benchmarks.md between `<!-- begin BENCH -->` and
`<!-- end BENCH -->`.
"""

import json
import re
import sys

from measure import RESULTS, ROOT

GIB, MIB = 2**30, 2**20


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def ms(value):
    return f"{value:.3f}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def run_line(document, command):
    machine = document["machine"]
    return (
        f"`{command}`, {machine['date']}, commit {machine['commit']}; {machine['cores']} cores, {machine['cpu']}, "
        f"{machine['memory_gib']:.0f} GiB, {machine['system']}; load {machine['load']} at the start, "
        f"{machine['load_at_end']} at the end." + clock_line(machine)
    )


def clock_line(machine):
    """Results from before the machine was watched have none."""
    clocks = [machine[name] for name in ("clock", "clock_at_end") if name in machine]
    if not clocks:
        return ""
    share = sum(clock["slow_share"] for clock in clocks) / len(clocks)
    slowest = min(clock["slowest"] for clock in clocks)
    return f" The clock: slower than half its usual speed {share:.1%} of the time, {slowest:.2g} of it at the slowest."


def goal(reached, wanted, is_least=True):
    """The goal, and how far from it."""
    margin = reached / wanted if is_least else wanted / reached
    return f"{'met' if margin >= 1 else '**missed**'} ({margin:.2g}×)"


def ingest(document):
    said = f"--rounds {document['rounds']} --links {document['links']}" + (f" --part {document['part']}" if document["part"] else "")
    lines = [
        run_line(document, f"just bench ingest {said}") + " One thread each; medians of rounds. Peers: "
        + ", ".join(name.replace("==", " ") for name in document["versions"]) + ", and the crates that bench/ingest/Cargo.lock pins.",
    ]
    for set_name in dict.fromkeys(row["set"] for row in document["rows"]):
        of_set = [row for row in document["rows"] if row["set"] == set_name]
        body = []
        for group in dict.fromkeys(row["group"] for row in of_set):
            body.append([f"**{group}**", "", "", "", "", "", ""])
            for number, row in enumerate(row for row in of_set if row["group"] == group):
                rounds = row["ours_is_times_by_round"]
                ratios = [f"{row['ours_is_times']:.2f} ×", f"{rounds[0]:.2f} to {rounds[-1]:.2f}", f"{row['ours_is_times_at_best']:.2f} ×"]
                body.append([
                    row["name"], f"{row['megabytes_per_cpu_second']:.0f}", f"{row['cpu_seconds']:.3f}", f"{row['peak_mib']:.0f}",
                    *(ratios if number else ["", "", ""]),
                ])
        # What is counted differs by part: records of archives, links of pages.
        records = "".join(f"{row['items']:,} records, " for row in of_set[:1] if row["group"].startswith("archives"))
        lines += ["", f"{set_name.capitalize()}: {records}{max(row['bytes'] for row in of_set) / 1e6:.1f} MB of HTML.", ""]
        lines += [table(["", "MB/s of CPU", "CPU s", "peak MiB", "ours is", "by rounds", "of the best passes"], body)]
    return "\n".join(lines)


def rank(document):
    said = f" --large {document['large']}" if document["large"] else ""
    lines = [
        run_line(document, f"just bench rank{said}") + f" One thread each, d = {document['damping']}, ℓ₁ error at most "
        f"{document['l1_bound']:g}; *ratio* is CPU time of ranking. Peers: "
        + ", ".join(name.replace("==", " ") for name in document["versions"]) + ".",
    ]
    for graph in document["graphs"]:
        medians = graph["medians"]
        ours = next(iter(medians.values()))["rank_cpu_seconds"]
        body = [
            [
                name, ms(found["load_seconds"]), ms(found["load_cpu_seconds"]), ms(found["rank_seconds"]), ms(found["rank_cpu_seconds"]),
                f"{found['rank_cpu_seconds'] / ours:.2f}", str(found["sweeps"] or ""), f"{found['peak_mib']:,.0f}",
                f"{found['l1_to_scipy']:.1e}",
            ]
            for name, found in medians.items()
        ]
        rounds = f"medians of {graph['rounds']} rounds" if graph["rounds"] > 1 else "one round"
        lines += ["", f"{graph['graph']}: {graph['nodes']:,} nodes, {rounds}.", ""]
        lines += [table(["", "read s", "CPU s", "rank s", "CPU s", "ratio", "sweeps", "peak MiB", "ℓ₁ to scipy"], body)]
    return "\n".join(lines)


def query(document):
    rows, totals = document["rows"], document["totals"]
    sizes = {name: document[f"{name}_bytes"] / rows for name in ("answer", "snapshot", "parquet")}
    largest = document["targets"]["large"]
    lines = [
        run_line(document, f"just bench query --links {document['links']} --rounds {document['rounds']}"),
        "",
        f"{rows:,} rows ({totals['links']:,} links, {totals['indirect_links']:,} indirect ones) of {totals['domains']:,} "
        f"domains; largest target {largest['rows']:,} rows; {document['distinct_anchors']:.0%} of the anchors are distinct. "
        f"ℓ₁ error of the ranks of this build: pages at most {document['rank']['page_l1_bound']:.1e}, domains "
        f"{document['rank']['domain_l1_bound']:.1e}. Against the truth of the web: {document['truth']}. Peers: "
        + ", ".join(sorted({f"{load['engine']} {load['version']}" for load in document["loads"]}))
        + ". Medians of rounds; counts and rows were equal in each.",
        "",
    ]
    body = []
    for line in document["questions"]:
        ours, best = line["ours"]["warm"], {}
        for way in line["peers"]:
            if way["engine"] not in best or way["cpu_ms"] < best[way["engine"]]["cpu_ms"]:
                best[way["engine"]] = way
        of = lambda engine: f"{ms(best[engine]['cpu_ms'])} / {ms(best[engine]['wall_ms'])}" if engine in best else "–"
        ratio = min((way["cpu_ms"] for way in best.values()), default=0) / max(ours["cpu_ms"], 1e-6)
        body.append([
            line["question"], f"{line['total_count']:,}", f"{ms(ours['cpu_ms'])} / {ms(ours['wall_ms'])}",
            ms(line["ours"]["open_files_no_cache"]["cpu_ms"]), ms(line["ours"]["cold_with_open"]["cpu_ms"]),
            of("duckdb"), of("clickhouse"), f"**{ratio:,.1f}×**", f"≥ {line['goal']:g}×: {goal(ratio, line['goal'])}",
        ])
    heads = ["question", "rows", "ours, CPU / wall ms", "no block kept", "opened anew", "DuckDB", "ClickHouse", "best peer ÷ ours (CPU)", "goal"]
    lines += [table(heads, body), ""]
    ways = []
    for line in document["questions"]:
        firsts = {}
        for way in sorted(line["peers"], key=lambda way: way["cpu_ms"]):
            firsts.setdefault(way["engine"], way)
        said = [
            f"{way['engine']} {way['way']}, by {way['order']}, {way['threads']} thr, {way['peak_mib']:,.0f} MiB"
            for way in firsts.values()
        ]
        ways.append([line["question"], f"{line['ours']['peak_mib']:,.0f} MiB", *said, *["–"] * (2 - len(said))])
    lines += ["Which way was the best, and the most memory that the processes held:", "", table(["question", "ours", "", ""], ways), ""]
    loads = [
        [load["engine"], load["order"], f"{load['bytes_a_row']:.0f}", f"{load['seconds']:.0f} s", f"{load['peak_mib']:,.0f} MiB"]
        for load in document["loads"]
    ]
    build = document["build"]
    ours = ["ours, all that is stored to answer", "", f"**{sizes['answer']:.0f}**", f"{build['elapsed_seconds']:.0f} s", f"{build['peak_memory_bytes'] / MIB:,.0f} MiB"]
    whole = ["ours, with what the next build reads", "", f"{sizes['snapshot']:.0f}", "", ""]
    parquet = ["Parquet, zstd, by pyarrow", "ours", f"{sizes['parquet']:.0f}", "", ""]
    lines += [table(["stored by", "order", "bytes a row", "to load or build", "peak"], [ours, whole, parquet, *loads])]
    lines += ["", f"Goal of at most 320 bytes a row: {goal(sizes['answer'], 320, False)}."]
    return "\n".join(lines)


SERVE_GOALS = {
    ("limit 10", "closed"): ("requests_a_second", 3000, True),
    ("limit 100", "closed"): ("requests_a_second", 500, True),
    ("limit 10", "open"): ("p99_ms", 40, False),
    ("limit 100", "open"): ("p99_ms", 40, False),
    ("mixed", "open"): ("p99_ms", 100, False),
    ("mixed", "closed"): ("p99_ms", 100, False),
}


def serve_goal(found, wanted):
    if not wanted:
        return ""
    what, number, is_least = wanted
    sign = "≥" if is_least else "≤"
    return f"{sign} {number:g}{'/s' if is_least else ' ms'}: {goal(found[what], number, is_least)}"


def serve(document):
    largest = document["largest"]
    lines = [
        run_line(document, f"just bench serve --links {document['links']} --rounds {document['rounds']}"),
        "",
        f"{document['rows']:,} rows, largest target {largest['rows']:,}; {document['connections']} keep-alive connections, "
        f"client and server on the same cores; medians of rounds; the server held {document['server_peak_mib']:,.0f} MiB at "
        "most.",
        "",
    ]
    body = []
    for line in document["lines"]:
        wanted = SERVE_GOALS.get((line["name"], line["loop"]))
        for name, part in line["by_name"].items():
            said = serve_goal(part, wanted) if name != "large" else ""
            body.append([
                line["name"] if name == line["name"] else f"{line['name']}: {name}",
                line["loop"] if not line["rate"] else f"open, {line['rate']:,.0f}/s",
                f"{part['requests_a_second']:,.0f}", ms(part["p50_ms"]), ms(part["p90_ms"]), ms(part["p99_ms"]), ms(part["max_ms"]),
                ms(line["server_cpu_ms"]), f"{part['errors']:.0f}", said,
            ])
        if "oha" in line:
            found = line["oha"]
            body.append([
                f"{line['name']}, `oha`", line["loop"], f"{found['requests_a_second']:,.0f}", ms(found["p50_ms"]), "",
                ms(found["p99_ms"]), "", "", "", serve_goal(found, wanted),
            ])
        if "machine" in line:
            found = line["machine"]
            said = f"{found['slow_share']:.1%} slow windows, {found['slowest']:.2g} at the slowest"
            body.append([f"{line['name']}: queue of the clock", "open", "", "", "", ms(found["ideal_p99_ms"]), "", "", "", said])
    heads = ["load", "loop", "answers/s", "p50 ms", "p90", "p99", "longest", "server CPU ms a request", "errors", "goal"]
    return "\n".join([*lines, table(heads, body)])


def build(document):
    lines = [run_line(document, f"just bench build --rounds {document['rounds']}"), ""]
    body = []
    peer = document["duckdb"]
    for merge in document["merges"]:
        found, incoming = merge["merge"], merge["incoming_links"]
        cost = found["merge_cpu_seconds"] / incoming * 1e6
        ratio = f"{peer['cpu_seconds'] / peer['incoming_links'] * 1e6 / cost:.1f}×" if peer else "–"
        body.append([
            f"two crawls of {merge['links'] / 1e6:g} M", f"{incoming:,}", f"{found['merge_seconds']:.1f}",
            f"**{found['links_a_second']:,.0f}**", f"{cost:.2f}", f"{found['peak_mib']:,.0f} MiB", ratio,
            f"≥ 400,000/s: {goal(found['links_a_second'], 400_000)}; "
            f"≤ 2.2 GiB: {goal(found['peak_mib'], 2.2 * 1024, False)}",
        ])
    if peer:
        cost = peer["cpu_seconds"] / peer["incoming_links"] * 1e6
        speed = peer["incoming_links"] / peer["merge_seconds"]
        body.append([
            f"DuckDB {peer['version']}, 1/{peer['share']} of the last", f"{peer['incoming_links']:,}", f"{peer['merge_seconds']:.1f}",
            f"{speed:,.0f}", f"{cost:.2f}", f"{peer['peak_mib']:,.0f} MiB", "", "goal of the ratio: ≥ 3×",
        ])
        unique = peer["unique"]
        if unique:
            cost = unique["cpu_seconds"] / unique["incoming_links"] * 1e6
            body.append([
                "the same without a dedupe", f"{unique['incoming_links']:,}", f"{unique['merge_seconds']:.1f}",
                f"{unique['incoming_links'] / unique['merge_seconds']:,.0f}", f"{cost:.2f}", f"{unique['peak_mib']:,.0f} MiB", "", "",
            ])
    heads = ["sources + targets + pages", "links in", "s", "links in a second", "CPU s a million", "peak", "DuckDB ÷ ours (CPU)", "goal"]
    lines += [table(heads, body), ""]
    names = [stage["stage"] for stage in document["merges"][0]["merge"]["stages"]]
    later = [name for name in document["merges"][0]["build"]["steps_seconds"] if name not in names]
    body = []
    for merge in document["merges"]:
        stages = {stage["stage"]: stage for stage in merge["merge"]["stages"]}
        steps = merge["build"]["steps_seconds"]
        body.append(
            [f"{merge['links'] / 1e6:g} M twice"]
            + [f"{stages[name]['seconds']:.1f} / {stages[name]['cpu_seconds']:.1f}" if name in stages else "–" for name in names]
            + [f"{steps.get(name, 0):.1f}" for name in later]
            + [f"{merge['build']['seconds']:.1f} / {merge['build']['cpu_seconds']:.1f}", f"{merge['build']['peak_mib']:,.0f} MiB"]
        )
    lines += [
        "Seconds / CPU seconds of each stage (the later ones: seconds), and of the whole build with ranks:",
        "",
        table(["crawls", *names, *later, "whole build", "peak"], body),
        "",
    ]
    folded = document["fold"]
    lines += [f"What a small crawl costs in {folded['links']:,} links and {folded['buckets']} buckets:", "", "```text", folded["text"].strip(), "```"]
    return "\n".join(lines)


TABLES = {"ingest": ingest, "rank": rank, "query": query, "serve": serve, "build": build}


def main(arguments):
    is_written = "--write" in arguments
    names = [name for name in arguments if name != "--write"] or list(TABLES)
    page = ROOT / "docs/benchmarks.md"
    for name in names:
        path = RESULTS / f"{name}.json"
        if not path.is_file():
            print(f"no results of {name}", file=sys.stderr)
            continue
        text = TABLES[name](json.loads(path.read_text()))
        if not is_written:
            print(f"## {name.capitalize()}\n\n{text}\n")
            continue
        marks = re.compile(f"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        before = page.read_text()
        if not marks.search(before):
            raise SystemExit(f"docs/benchmarks.md has no place for {name}")
        page.write_text(marks.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", before))


if __name__ == "__main__":
    main(sys.argv[1:])
