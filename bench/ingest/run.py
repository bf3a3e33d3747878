"""The table of the ingest path: ours beside others, same files, one run.

    just bench ingest [--rounds N] [--part TEXT] [--links N] [--captures DIR]

Makes the Python environment of the peers in bench/.venv and a synthetic web in target/bench/synth, builds, and runs every
contender in a process of its own, one after the other, ROUNDS times over. A contender works through the files once to warm
up, then timed for three seconds, one to five times, of which the one in the middle counts; the files are in the page cache.
CPU time decides, as other work on the machine shows less in it; medians of all rounds. What a ratio was in each round, and what
it is of the best passes of all, stands beside it: strangers on the machine spoil the best pass least. Peak memory is that of
the process; contenders that read documents from memory hold all of them.
"""

import argparse
import glob
import subprocess
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
        "ours, links inside the site too": (RUST, "html-ours-all"),
        "selectolax (lexbor), anchor and rel": (PYTHON, "html-selectolax"),
        "lol_html, anchor and rel": (RUST, "html-lol_html"),
        "html5ever, tree alone": (RUST, "html-html5ever"),
    },
    "gzip archives to links": {
        "ours, every field": (RUST, "whole-ours"),
        "ours, links inside the site too": (RUST, "whole-ours-all"),
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
    arguments = parser.parse_args()

    measure.enter_environment(HERE / "requirements.txt")
    machine = measure.machine()
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
    rows = [row_of(place, results, rounds) for place, results in rounds.items()]
    document = {"machine": machine, "versions": measure.versions(HERE / "requirements.txt")}
    measure.save("ingest", document | {"rounds": arguments.rounds, "links": arguments.links, "part": arguments.part, "rows": rows})
    subprocess.run([sys.executable, HERE.parent / "report.py", "ingest"], check=True)


def row_of(place, results, rounds):
    """What a contender did, and how many times as long ours took: of the medians, of the best passes, and in each round."""
    set_name, group, name = place
    ours = rounds[set_name, group, next(iter(GROUPS[group]))]

    def cost(result, seconds="cpu_seconds"):
        return result[seconds] / result["bytes"]

    row = measure.medians(results)
    best, best_of_ours = (min(cost(result, "best_cpu_seconds") for result in of) for of in (results, ours))
    return row | {
        "set": set_name,
        "group": group,
        "name": name,
        "megabytes_per_cpu_second": 1 / cost(row) / 1e6,
        "best_megabytes_per_cpu_second": 1 / best / 1e6,
        "ours_is_times": cost(row) / cost(measure.medians(ours)),
        "ours_is_times_by_round": sorted(cost(their) / cost(our) for their, our in zip(results, ours)),
        "ours_is_times_at_best": best / best_of_ours,
    }


if __name__ == "__main__":
    main()
