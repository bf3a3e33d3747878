"""First page with all fields and count: ours beside DuckDB, same rows, same machine, same run. See README.md.

    python compare.py load ROWS.jsonl ROWS.duckdb
    python compare.py run ROWS.duckdb MEASURE_QUERY DATA_DIR TARGET...

The question is the default one of `backlinks/live`: live links, none from the target's own domain, one row for each
url_from (highest rank, then newest last_seen, then url_to), ordered by rank, last_seen (both descending), url_from,
url_to; the first 100 rows with every column, and how many there are. DuckDB gets a table sorted by target, the same
numbers that our own narrow columns hold (page, and all of the order in one integer), several ways to ask, and the best
one counts. A run is refused if any count, any row or its place differs from ours.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time

import duckdb

WARM, COLD, OUR_RUNS = 15, 5, 200

# What a line of export_rows holds: 47 fields of the API, two of ours, then helpers.
TEXT = "VARCHAR"
COLUMNS = {
    **dict.fromkeys("type domain_from url_from domain_to url_to tld_from domain_from_ip domain_from_country".split(), TEXT),
    **dict.fromkeys("page_from_encoding page_from_language page_from_title first_seen prev_seen last_seen".split(), TEXT),
    **dict.fromkeys("item_type alt image_url anchor text_pre text_post semantic_location".split(), TEXT),
    **dict.fromkeys("url_to_redirect_target ranked_keywords_info lost_date target_domain target_host".split(), TEXT),
    **dict.fromkeys("url_from_https url_to_https is_new is_lost domain_from_is_ip dofollow original".split(), "BOOLEAN"),
    **dict.fromkeys("is_broken is_indirect_link is_internal hop_same_host".split(), "BOOLEAN"),
    **dict.fromkeys("backlink_spam_score url_to_spam_score hop_labels section".split(), "UTINYINT"),
    **dict.fromkeys("rank page_from_rank domain_from_rank page_from_status_code url_to_status_code".split(), "USMALLINT"),
    **dict.fromkeys("page_from_external_links page_from_internal_links page_from_size links_count".split(), "UINTEGER"),
    **dict.fromkeys("group_count bucket row page tie".split(), "UINTEGER"),
    "last_seen_seconds": "BIGINT",
    "domain_from_platform_type": "VARCHAR[]",
    "attributes": "VARCHAR[]",
    "indirect_link_path": "STRUCT(type VARCHAR, status_code USMALLINT, url VARCHAR)[]",
    "evidence": 'STRUCT(archive VARCHAR, "offset" UBIGINT, length UBIGINT, digest VARCHAR)',
}
TIMES = ["first_seen", "prev_seen", "last_seen", "lost_date"]
# Rank, last_seen (from 2020 on) and the place by URL in one number, the best first when descending.
PLACE = "(rank::UBIGINT << 54) | ((last_seen_seconds - 1577836800)::UBIGINT << 25) | (33554431 - tie)::UBIGINT"


def load(rows, database):
    """Makes the table; sorted by target, so that a target's rows are neighbours."""
    if os.path.exists(database):
        os.remove(database)
    connection = duckdb.connect(database)
    connection.execute("SET memory_limit = '10GB'")
    connection.execute("SET preserve_insertion_order = true")
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    times = ", ".join(f"CAST(left({name}, 19) AS TIMESTAMP) AS {name}" for name in TIMES)
    started = time.perf_counter()
    connection.execute(
        f"CREATE TABLE links AS SELECT * REPLACE ({times}), {PLACE} AS place "
        f"FROM read_json('{rows}', format = 'newline_delimited', columns = {{{columns}}}, maximum_object_size = 67108864) "
        "ORDER BY target_domain, target_host, url_to, url_from"
    )
    connection.execute("CREATE INDEX links_by_domain ON links (target_domain)")
    connection.execute("CHECKPOINT")
    (count,) = connection.execute("SELECT count(*) FROM links").fetchone()
    connection.close()
    size = os.path.getsize(database)
    print(f"{count} rows, {size / count:.0f} bytes a row with the index, {time.perf_counter() - started:.0f} s")


# Ways to ask. Each takes a connection and the condition, and gives the count and an arrow table of the rows in order.

ORDER = "ORDER BY rank DESC, last_seen DESC, url_from, url_to"


def window(connection, where):
    """As one would write it: ROW_NUMBER over narrow columns, then the rows by rowid."""
    return split(
        connection.sql(
            f"""WITH w AS MATERIALIZED (
                SELECT rowid AS r, rank, last_seen, url_from, url_to FROM links WHERE {where}
                QUALIFY row_number() OVER (PARTITION BY url_from ORDER BY rank DESC, last_seen DESC, url_to) = 1),
            top AS (SELECT r FROM w {ORDER} LIMIT 100)
            SELECT (SELECT count(*) FROM w) AS total, links.* FROM links JOIN top ON links.rowid = top.r {ORDER}"""
        )
    )


def best_place(connection, where):
    """Grouped by page number, the order as one integer, the rows by join on rowid; one statement."""
    return split(
        connection.sql(
            f"""WITH w AS MATERIALIZED (
                SELECT arg_max(rowid, place) AS r, max(place) AS p FROM links WHERE {where} GROUP BY page),
            top AS (SELECT r FROM w ORDER BY p DESC LIMIT 100)
            SELECT (SELECT count(*) FROM w) AS total, links.* FROM links JOIN top ON links.rowid = top.r
            ORDER BY place DESC"""
        )
    )


def best_place_listed(connection, where):
    """The same in two statements: the rows by a list of rowids."""
    winners = connection.execute(
        f"""WITH w AS MATERIALIZED (
            SELECT arg_max(rowid, place) AS r, max(place) AS p FROM links WHERE {where} GROUP BY page)
        SELECT r, (SELECT count(*) FROM w) FROM w ORDER BY p DESC LIMIT 100"""
    ).fetchall()
    return winners[0][1], by_rowid(connection, [row[0] for row in winners])


def early_end(connection, where):
    """The best 400 links hold 100 pages, or more are asked for; pages are only counted."""
    (total,) = connection.execute(f"SELECT count(DISTINCT page) FROM links WHERE {where}").fetchone()
    limit = 400
    while True:
        best = connection.execute(
            f"SELECT rowid, page FROM links WHERE {where} ORDER BY place DESC LIMIT {limit}"
        ).fetchall()
        firsts = {}
        for row, page in best:
            firsts.setdefault(page, row)
        if len(firsts) >= min(100, total) or limit > 1_000_000:
            return total, by_rowid(connection, list(firsts.values())[:100])
        limit *= 8


def by_rowid(connection, rows):
    """A join with the rowids; a list of them after IN was slower."""
    listed = ", ".join(f"({row})" for row in rows)
    return connection.sql(
        f"SELECT links.* FROM links JOIN (VALUES {listed}) wanted(r) ON links.rowid = wanted.r ORDER BY place DESC"
    ).to_arrow_table()


def split(question):
    table = question.to_arrow_table()
    return table.column("total")[0].as_py(), table.drop_columns(["total"])


WAYS = [window, best_place, best_place_listed, early_end]


def cpu_ms():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1000


def timed(step):
    cpu, wall = cpu_ms(), time.perf_counter()
    result = step()
    return cpu_ms() - cpu, (time.perf_counter() - wall) * 1000, result


def connect(database, threads):
    connection = duckdb.connect(database, read_only=True)
    connection.execute(f"SET threads = {threads}")
    connection.execute("SET late_materialization_max_rows = 1000")
    connection.execute("SET dynamic_or_filter_threshold = 200")
    return connection


def check(ours, answer, way, target):
    total, table = answer
    theirs = table.column("url_from").to_pylist()
    assert total == ours["total_count"], f"{way} {target}: {total} rows, ours {ours['total_count']}"
    assert theirs == ours["url_from"], f"{way} {target}: other rows than ours"
    assert table.column("links_count").to_pylist() == ours["links_count"], f"{way} {target}: other links_count"
    assert table.num_columns >= 47


def run(database, measure_query, data, targets):
    print(f"duckdb {duckdb.__version__}, load {os.getloadavg()[0]:.2f}, medians, CPU ms / wall ms")
    for target in targets:
        for with_internal in [False, True]:
            flags = ["--with-internal"] if with_internal else []
            asked = subprocess.run(
                [measure_query, data, target, str(OUR_RUNS), *flags], check=True, capture_output=True, text=True
            )
            ours = json.loads(asked.stdout)
            quoted = target.replace("'", "''")
            where = f"target_domain = '{quoted}' AND NOT is_lost AND hop_labels < {target.count('.') + 1}"
            where += "" if with_internal else " AND NOT is_internal"
            print(f"\n{target}: {ours['total_count']} referring pages, internal links {'in' if with_internal else 'out'}")
            theirs = [measure(database, threads, way, where, ours, target) for threads in (2, 1) for way in WAYS]
            best = {kind: min(way[kind] for way in theirs) for kind in ("cold", "warm")}
            for kind, name in (("cold", "cold_with_open"), ("warm", "warm")):
                cpu, wall = ours[name]["cpu_ms"], ours[name]["wall_ms"]
                print(f"  ours, 1 thread         {kind} {cpu:8.2f} / {wall:8.2f}", end="")
                print(f"   DuckDB's best CPU {best[kind][0]:8.2f}: {best[kind][0] / cpu:.1f} times ours")
    print(f"\nload at the end {os.getloadavg()[0]:.2f}")


def measure(database, threads, way, where, ours, target):
    """Median CPU and wall of one way; `cold` opens the database anew, with its file in the page cache, as ours does."""
    cold, warm = [], []
    for _ in range(COLD):
        cpu, wall, (connection, answer) = timed(lambda: (c := connect(database, threads), way(c, where)))
        cold.append((cpu, wall))
        check(ours, answer, way.__name__, target)
        connection.close()
    connection = connect(database, threads)
    for _ in range(WARM + 2):
        cpu, wall, answer = timed(lambda: way(connection, where))
        warm.append((cpu, wall))
        check(ours, answer, way.__name__, target)
    connection.close()
    figures = {name: tuple(map(statistics.median, zip(*runs))) for name, runs in (("cold", cold), ("warm", warm[2:]))}
    shown = "   ".join(f"{name} {cpu:8.2f} / {wall:8.2f}" for name, (cpu, wall) in figures.items())
    print(f"  {way.__name__:<18} {threads} thr  {shown}", flush=True)
    return figures


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["load", rows, database]:
            load(rows, database)
        case ["run", database, measure_query, data, *targets] if targets:
            run(database, measure_query, data, targets)
        case _:
            sys.exit(__doc__)
