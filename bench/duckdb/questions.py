"""Every kind of question beside DuckDB: filters, groups, sorts, depth. Ours and theirs, same rows, same run.

    python questions.py ROWS.duckdb MEASURE_QUERY DATA_DIR TARGET [--json OUT]

DuckDB's table is the one that compare.py loads. Each question is asked of it in two ways, each with one thread and with
two, and the best counts: one statement that carries only rowids and the order through its steps and fetches the rows at
the end, and the same in two statements. Counts, rows, their order, links_count and group_count are compared in every run.
"""

import json
import os
import statistics
import subprocess
import sys

import duckdb
from compare import connect, timed

OUR_RUNS, THEIR_RUNS = 20, 7
FOLLOWED = ["dofollow", "=", True]

# Name, flags of ours, and of theirs: further condition, group, order, offset.
DEFAULT_ORDER = "p DESC"
QUESTIONS = [
    ("first page", [], {}),
    ("first page, internal links in (no list kept)", ["--with-internal"], {"internal": True}),
    (
        "three filters",
        ["--filter=" + json.dumps([FOLLOWED, "and", ["anchor", "ilike", "%ar%"], "and", ["rank", ">", 20]])],
        {"where": "dofollow AND anchor ILIKE '%ar%' AND rank > 20"},
    ),
    ("regex on anchor", ['--filter=["anchor","regex","^[a-m].*[0-9n]$"]'], {"where": "regexp_matches(anchor, '^[a-m].*[0-9n]$')"}),
    ("one per domain", ["--mode=one_per_domain"], {"group": "domain_from"}),
    ("one per anchor", ["--mode=one_per_anchor"], {"group": "anchor"}),
    ("sorted by anchor", ["--order=anchor,asc"], {"order": "k ASC NULLS LAST, p DESC", "key": "anchor"}),
    ("offset 20,000", ["--offset=20000"], {"offset": 20000}),
    ("the same depth by token", ["--offset=20000", "--by-token"], {"offset": 20000}),
]


def statement(target, internal=False, where=None, group=None, order=DEFAULT_ORDER, key="NULL", offset=0):
    """A relation of rowids in order with the count and the group's links; narrow columns only."""
    quoted = target.replace("'", "''")
    condition = f"target_domain = '{quoted}' AND NOT is_lost AND hop_labels < {target.count('.') + 1}"
    condition += "" if internal else " AND NOT is_internal"
    condition += f" AND ({where})" if where else ""
    pages = f"""SELECT arg_max(rowid, place) AS r, max(place) AS p, arg_max(links_count, place) AS n,
        arg_max_null({group or key}, place) AS k
        FROM links WHERE {condition} GROUP BY page"""
    if group:
        pages = f"""SELECT arg_max(r, p) AS r, max(p) AS p, sum(n) AS g FROM ({pages}) GROUP BY k"""
    else:
        pages = f"SELECT r, p, k, 0 AS g FROM ({pages})"
    return f"""WITH w AS MATERIALIZED ({pages})
        SELECT r, g, (SELECT count(*) FROM w) AS total FROM w ORDER BY {order} LIMIT 100 OFFSET {offset}"""


def ask_listed(connection, text):
    winners = connection.execute(text).fetchall()
    values = ", ".join(f"({row[0]}, {at})" for at, row in enumerate(winners))
    rows = connection.sql(
        f"SELECT links.* FROM links JOIN (VALUES {values}) wanted(r, seat) ON links.rowid = wanted.r ORDER BY wanted.seat"
    ).to_arrow_table()
    return winners[0][2], rows, [int(row[1]) for row in winners]


def ask_whole(connection, text):
    table = connection.sql(
        f"""SELECT f.total AS total, f.g AS g, links.* FROM
        (SELECT *, row_number() OVER () AS seat FROM ({text})) f JOIN links ON links.rowid = f.r ORDER BY f.seat"""
    ).to_arrow_table()
    groups = [int(value) for value in table.column("g").to_pylist()]
    return table.column("total")[0].as_py(), table.drop_columns(["total", "g"]), groups


def check(name, ours, answer):
    total, table, groups = answer
    assert total == ours["total_count"], f"{name}: {total} rows, ours {ours['total_count']}"
    assert table.column("url_from").to_pylist() == ours["url_from"], f"{name}: other rows than ours"
    assert table.column("links_count").to_pylist() == ours["links_count"], f"{name}: other links_count"
    assert groups == ours["group_count"], f"{name}: other group_count"


def main(database, measure_query, data, target, out=None):
    print(f"duckdb {duckdb.__version__}, load {os.getloadavg()[0]:.2f}; warm, medians of theirs, means of ours")
    print(f"{target}; CPU ms / wall ms\n")
    figures = []
    for name, flags, theirs in QUESTIONS:
        asked = [measure_query, data, target, str(OUR_RUNS), *flags]
        ours = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
        text = statement(target, **theirs)
        best = None
        for threads in (1, 2):
            connection = connect(database, threads)
            for ask in (ask_whole, ask_listed):
                runs = []
                for _ in range(THEIR_RUNS):
                    cpu, wall, answer = timed(lambda: ask(connection, text))
                    check(name, ours, answer)
                    runs.append((cpu, wall))
                cpu, wall = map(statistics.median, zip(*runs[1:]))
                if best is None or cpu < best[0]:
                    best = (cpu, wall, f"{ask.__name__[4:]}, {threads} thr")
            connection.close()
        cpu, wall = ours["warm"]["cpu_ms"], ours["warm"]["wall_ms"]
        ratio = best[0] / cpu
        figures.append(
            {"question": name, "rows": ours["total_count"], "ours_cpu_ms": cpu, "ours_wall_ms": wall,
             "duckdb_cpu_ms": best[0], "duckdb_wall_ms": best[1], "duckdb_way": best[2], "ratio": ratio}
        )
        print(f"  {name:<46} {ours['total_count']:>8} rows  ours {cpu:8.2f} / {wall:8.2f}   "
              f"DuckDB {best[0]:8.2f} / {best[1]:8.2f} ({best[2]})   {ratio:.1f}x", flush=True)
    print(f"\nload at the end {os.getloadavg()[0]:.2f}")
    if out:
        with open(out, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [database, measure_query, data, target]:
            main(database, measure_query, data, target)
        case [database, measure_query, data, target, "--json", out]:
            main(database, measure_query, data, target, out)
        case _:
            sys.exit(__doc__)
