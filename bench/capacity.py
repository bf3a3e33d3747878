"""What a month of Common Crawl would take, from the results of the benches: `capacity.py [--write]`.

Needs results of `just bench build`; takes those of serve and query where they are there. Prints Markdown. With `--write`
it replaces what stands in docs/capacity.md between `<!-- begin costs -->` and `<!-- end costs -->`.

Costs are linear in links, pages or bytes, as measured; no stage keeps more than its budget in memory, and each reads and
writes its input once (sorts spill once and merge once), so that holds as long as a bucket's runs can be open at once.
"""

import json
import re
import sys

from measure import RESULTS, ROOT
from report import table

# Published by Common Crawl for December 2024 (CC-MAIN-2024-51): 2.64 billion pages, 394 TiB of content.
PAGES = 2.5e9
BYTES_A_PAGE = 394 * 2**40 / 2.64e9
# A month is about 75 TB of compressed WARC (arXiv:2404.09770).
ARCHIVE_BYTES = 75e12
# Assumptions. Of about 37 links a page (128.7 billion of 3.5 billion pages, Common Crawl 2012, Meusel et al.), those to
# other hosts, which alone are stored.
STORED_LINKS_A_PAGE = 10
# Pages that are known, visited or linked to, for each that was visited.
KNOWN_A_VISITED = 1.5
USD_A_CORE_HOUR, USD_A_GB_MONTH = 0.04, 0.08
REQUESTS_A_DAY = 1e6

GB, TB = 1e9, 1e12
AFTER = ("rank", "quality", "scores", "order", "publish")
RANK_BYTES_A_NODE = 25


def measured():
    """Costs in CPU seconds a million links, bytes a link, MiB; and where each comes from."""
    build = load("build")
    if build is None:
        raise SystemExit("no results of `just bench build`")
    merge = build["merges"][-1]
    millions = merge["incoming_links"] / 1e6
    ingest = build["ingest"]
    by_byte, by_link, is_solved = ingest_costs(ingest)
    stages = [("read, extract: what bytes cost", by_byte * GB, "CPU s a GB of archive, uncompressed", peak(ingest))]
    stages.append(("extract, sort, write: what links cost", by_link * 1e6, "CPU s a million links", peak(ingest)))
    if not is_solved:
        stages = [("read, extract, sort, write the crawl", by_byte * GB, "CPU s a GB of archive, uncompressed", peak(ingest))]
    for stage in merge["merge"]["stages"]:
        stages.append((stage["stage"], stage["cpu_seconds"] / millions, "CPU s a million links", merge["merge"]["peak_mib"]))
    # The later stages share what the whole build took more than the merge, by their seconds.
    steps = {name: merge["build"]["steps_seconds"].get(name, 0) for name in AFTER}
    rest = max(merge["build"]["cpu_seconds"] - merge["merge"]["cpu_seconds"], 0) / max(sum(steps.values()), 1e-9)
    for name, seconds in steps.items():
        stages.append((name, seconds * rest / millions, "CPU s a million links", merge["build"]["peak_mib"]))
    totals = merge["build"]["totals"]
    query = load("query")
    row_bytes = query["snapshot_bytes"] / query["rows"] if query else merge["snapshot_bytes"] / (totals["links"] + totals["indirect_links"])
    return {
        "stages": stages,
        "crawl_bytes_a_link": merge["crawls_bytes"] / merge["incoming_links"],
        "snapshot_bytes_a_row": row_bytes,
        "rows_a_link": (totals["links"] + totals["indirect_links"]) / totals["links"],
        "serve": load("serve"),
        "run": build["machine"],
    }


def load(name):
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.is_file() else None


def peak(ingest):
    return max(found["peak_mib"] for found in ingest.values())


def ingest_costs(ingest):
    """CPU seconds a byte and a link, so that both measurements come out; by bytes alone if that has no solution."""
    made_up, real = ingest["made_up"], ingest.get("real")
    if real:
        a, b = (made_up["plain_bytes"], made_up["links"]), (real["plain_bytes"], real["links"])
        of = a[0] * b[1] - a[1] * b[0]
        by_byte = (made_up["cpu_seconds"] * b[1] - real["cpu_seconds"] * a[1]) / of
        by_link = (a[0] * real["cpu_seconds"] - b[0] * made_up["cpu_seconds"]) / of
        if by_byte > 0 and by_link > 0:
            return by_byte, by_link, True
    only = real or made_up
    return only["cpu_seconds"] / only["plain_bytes"], 0, False


def tables():
    found = measured()
    links, content = PAGES * STORED_LINKS_A_PAGE, PAGES * BYTES_A_PAGE
    machine = found["run"]
    lines = [f"Measured {machine['date']}, commit {machine['commit']}, {machine['cores']} cores, {machine['cpu']}; load {machine['load']} at the start.", ""]
    body, hours = [], 0
    for name, cost, unit, peak_mib in found["stages"]:
        amount, of = (content / GB, f"{content / GB:,.0f} GB") if "GB" in unit else (links / 1e6, f"{links / 1e6:,.0f} M links")
        its_hours = cost * amount / 3600
        hours += its_hours
        body.append([name, f"{cost:.2f} {unit}", f"{peak_mib:,.0f} MiB", f"{cost:.2f} × {of} ÷ 3600", f"{its_hours:,.0f}"])
    body.append(["**all**", "", "", "", f"**{hours:,.0f}**"])
    lines += [table(["stage", "measured", "most memory, measured", "a month of Common Crawl", "core-hours"], body), ""]
    crawl = links * found["crawl_bytes_a_link"]
    rows = links * found["rows_a_link"]
    snapshot = rows * found["snapshot_bytes_a_row"]
    disk = crawl + 2 * snapshot
    ranks = PAGES * KNOWN_A_VISITED * RANK_BYTES_A_NODE
    body = [
        ["archives, read from where they are", f"about {ARCHIVE_BYTES / TB:.0f} TB, kept elsewhere", ""],
        ["a crawl", f"{links / 1e9:.0f} G links × {found['crawl_bytes_a_link']:.0f} bytes", f"{crawl / TB:.1f} TB"],
        ["a snapshot", f"{rows / 1e9:.1f} G rows × {found['snapshot_bytes_a_row']:.0f} bytes", f"{snapshot / TB:.1f} TB"],
        ["while a build runs: crawl, old snapshot, new one", "crawl + 2 snapshots", f"{disk / TB:.1f} TB"],
        ["memory for ranks, edges on disk", f"{PAGES * KNOWN_A_VISITED / 1e9:.2f} G pages × {RANK_BYTES_A_NODE} bytes", f"{ranks / GB:.0f} GB"],
    ]
    lines += [table(["what", "arithmetic", "size"], body), ""]
    compute, storage = hours * USD_A_CORE_HOUR, disk / GB * USD_A_GB_MONTH
    body = [
        ["building, once a month", f"{hours:,.0f} core-hours × {USD_A_CORE_HOUR} USD", f"{compute:,.0f}"],
        ["disk, a month", f"{disk / GB:,.0f} GB × {USD_A_GB_MONTH} USD", f"{storage:,.0f}"],
    ]
    serve = found["serve"]
    if serve:
        line = next(line for line in serve["lines"] if line["name"] == "limit 100" and line["loop"] == "closed")
        its_hours = REQUESTS_A_DAY * 30 * line["server_cpu_ms"] / 3.6e6
        body.append([
            f"answering {REQUESTS_A_DAY / 1e6:g} M requests a day, limit 100",
            f"30 × {REQUESTS_A_DAY:,.0f} × {line['server_cpu_ms']:.2f} ms CPU = {its_hours:,.0f} core-hours × {USD_A_CORE_HOUR} USD",
            f"{its_hours * USD_A_CORE_HOUR:,.0f}",
        ])
    lines += [table(["what", "arithmetic", "USD"], body), ""]
    lines += [f"With 64 cores: {hours / 64:,.0f} hours ({hours / 64 / 24:.1f} days) of work, if the disk keeps up."]
    return "\n".join(lines)


def main(arguments):
    text = tables()
    if "--write" not in arguments:
        print(text)
        return
    page = ROOT / "docs/capacity.md"
    marks = re.compile("(<!-- begin costs -->\n).*?(<!-- end costs -->)", re.DOTALL)
    page.write_text(marks.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", page.read_text()))


if __name__ == "__main__":
    main(sys.argv[1:])
