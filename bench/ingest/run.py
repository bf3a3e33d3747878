"""The table of the ingest path: ours beside others, same files, one run.

    just bench ingest [--rounds N] [--part TEXT] [--links N] [--captures DIR] [--json FILE]

Makes the Python environment of the peers in bench/.venv and a synthetic web in target/bench/synth, builds, and runs every
contender in a process of its own, one after the other, ROUNDS times over. A contender works through the files once to warm
up, then timed for three seconds, one to five times, of which the one in the middle counts; the files are in the page cache.
CPU time decides, as other work on the machine shows less in it; medians of all rounds. Peak memory is that of the process; contenders that read documents from memory hold all of them.
"""

import argparse
import glob
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import measure

HERE = Path(__file__).resolve().parent
RUST, PYTHON = "rust", "python"
GROUPS = {
    "archives, blocks in memory": {
        "ours": (RUST, "warc-ours"),
        "fastwarc (Rust crate)": (RUST, "warc-fastwarc"),
        "fastwarc (Rust crate), blocks passed over": (RUST, "warc-fastwarc-skip"),
        "FastWARC (Python)": (PYTHON, "warc-fastwarc"),
        "FastWARC (Python), blocks passed over": (PYTHON, "warc-fastwarc-skip"),
        "warcio": (PYTHON, "warc-warcio"),
    },
    "HTML from memory": {
        "ours, every field": (RUST, "html-ours"),
        "selectolax (lexbor), anchor and rel": (PYTHON, "html-selectolax"),
        "lol_html, anchor and rel": (RUST, "html-lol_html"),
        "html5ever, tree alone": (RUST, "html-html5ever"),
    },
    "gzip archives to links": {
        "ours, every field": (RUST, "whole-ours"),
        "FastWARC + selectolax, anchor and rel": (PYTHON, "whole-selectolax"),
        "fastwarc + lol_html, anchor and rel": (RUST, "whole-lol_html"),
    },
}


def main():
    parser = argparse.ArgumentParser(prog="just bench ingest")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--part", default="", help="only the parts whose name has this in it, such as HTML")
    parser.add_argument("--links", type=int, default=500_000, help="links of the synthetic web; 0 leaves it out")
    parser.add_argument("--captures", type=Path, default=measure.ROOT.parent / "shared/data/captures")
    parser.add_argument("--json", type=Path, default=measure.ROOT / "target/bench/ingest.json")
    arguments = parser.parse_args()

    measure.enter_environment(HERE / "requirements.txt")
    program = measure.build_package(HERE, "ingest_bench")
    groups = {group: contenders for group, contenders in GROUPS.items() if arguments.part in group}
    sets = {"synthetic web": measure.synthetic_web(arguments.links)} if arguments.links else {}
    captures = sorted(glob.glob(str(arguments.captures / "*.warc.gz")))
    if captures:
        sets = {"captures": captures} | sets
    else:
        print(f"skipped: no captures in {arguments.captures}")

    rounds = {}
    for _ in range(arguments.rounds):
        for set_name, files in sets.items():
            for group, contenders in groups.items():
                for name, (kind, contender) in contenders.items():
                    command = [str(program)] if kind == RUST else [sys.executable, str(HERE / "peers.py")]
                    result = measure.measured_json([*command, contender, *files])
                    rounds.setdefault((set_name, group, name), []).append(result)
    report(sets, groups, rounds, arguments)


def report(sets, groups, rounds, arguments):
    rows = []
    for (set_name, group, name), results in rounds.items():
        row = measure.medians(results) | {"set": set_name, "group": group, "name": name}
        row["megabytes_per_cpu_second"] = row["bytes"] / 1e6 / row["cpu_seconds"]
        rows.append(row)
    for set_name in sets:
        for group in groups:
            of_group = [row for row in rows if (row["set"], row["group"]) == (set_name, group)]
            ours = of_group[0]["megabytes_per_cpu_second"]
            print(f"\n{set_name}: {group}, {of_group[0]['bytes'] / 1e6:.1f} MB, median of {arguments.rounds}")
            print(f"  {'':42}{'MB/s of CPU':>12}{'CPU s':>9}{'wall s':>9}{'peak MiB':>10}{'items':>10}{'ours is':>9}")
            for row in of_group:
                row["ours_is_times"] = ours / row["megabytes_per_cpu_second"]
                print(
                    f"  {row['name']:42}{row['megabytes_per_cpu_second']:12.0f}{row['cpu_seconds']:9.3f}"
                    f"{row['seconds']:9.3f}{row['peak_mib']:10.0f}{row['items']:10}{row['ours_is_times']:8.2f}x"
                )
    measure.write_report(arguments.json, {"rounds": arguments.rounds, "rows": rows}, HERE / "requirements.txt")


if __name__ == "__main__":
    main()
