"""DuckDB's side of the build bench: `peer.py write FILE < LINKS`,
`peer.py merge FOLDER DATABASE MEMORY_MIB THREADS dedupe|unique`."""

import json
import os
import sys
import time

# The exit code that says so.
OUT_OF_MEMORY = 9


def write(path):
    """Lines of JSON to zstd Parquet."""
    import pyarrow.json as pj
    import pyarrow.parquet as pq

    writer = None
    # The types of the first lines are those of all.
    read = pj.ReadOptions(block_size=32 << 20)
    with pj.open_json(sys.stdin.buffer, read_options=read) as lines:
        for batch in lines:
            writer = writer or pq.ParquetWriter(path, batch.schema, compression="zstd")
            writer.write_batch(batch)
    writer.close()


def merge(folder, database, memory_mib, threads, kind):
    """One link of each (source, target) of a crawl, the first; both crawls joined; sorted by target; written.

    `unique` takes for granted that every crawl has each (source, target) once, as it is here.
    """
    import duckdb

    for path in (database, f"{database}.wal"):
        if os.path.exists(path):
            os.remove(path)
    connection = duckdb.connect(database)
    connection.execute(f"SET memory_limit = '{memory_mib}MiB'")
    connection.execute(f"SET threads = {threads}")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET temp_directory = '{database}.tmp'")
    rest = [
        column
        for (column, *_) in connection.execute(f"DESCRIBE SELECT * FROM '{folder}/step-0.parquet'").fetchall()
        if column not in ("source", "target", "fetched_at", "count")
    ]
    # The newest crawl that has the link says what it is like.
    firsts = ", ".join(f'first("{column}") AS "{column}"' for column in rest)
    newest = ", ".join(f'CASE WHEN b.source IS NULL THEN a."{column}" ELSE b."{column}" END AS "{column}"' for column in rest)

    def links_of(step):
        if kind == "unique":
            return f"SELECT * FROM '{folder}/step-{step}.parquet'"
        return f"""SELECT source, target, min(fetched_at) AS fetched_at, sum(count) AS count, {firsts}
            FROM '{folder}/step-{step}.parquet' GROUP BY source, target"""

    started = time.perf_counter()
    statement = f"""CREATE TABLE links AS
        SELECT coalesce(b.source, a.source) AS source, coalesce(b.target, a.target) AS target,
        coalesce(a.fetched_at, b.fetched_at) AS first_seen, coalesce(b.fetched_at, a.fetched_at) AS last_seen,
        b.source IS NULL AS is_lost, coalesce(b.count, a.count) AS count, {newest}
        FROM ({links_of(0)}) a FULL OUTER JOIN ({links_of(1)}) b ON a.source = b.source AND a.target = b.target
        ORDER BY target, source"""
    try:
        connection.execute(statement)
        connection.execute("CHECKPOINT")
    except duckdb.OutOfMemoryException as error:
        print(error, file=sys.stderr)
        raise SystemExit(OUT_OF_MEMORY)
    seconds = time.perf_counter() - started
    (rows,) = connection.execute("SELECT count(*) FROM links").fetchone()
    (incoming,) = connection.execute(f"SELECT count(*) FROM '{folder}/step-*.parquet'").fetchone()
    connection.close()
    told = {"rows": rows, "incoming_links": incoming, "merge_seconds": seconds, "version": duckdb.__version__}
    print(json.dumps(told | {"bytes": os.path.getsize(database)}))
    os.remove(database)


if __name__ == "__main__":
    {"write": write, "merge": merge}[sys.argv[1]](*sys.argv[2:])
