"""ClickHouse through chdb: a MergeTree of one part, and the ways to ask it.

The primary key begins with the number of the target. It has our precomputed numbers, as DuckDB has them; a row is named
by its target and `seat`, which is unique among them. Answers are Arrow streams.
"""

import os
import shutil

import pyarrow as pa
from chdb import session
from importlib.metadata import version

from columns import COLUMNS, HELPERS

VERSION = f"chdb {version('chdb')}"
ORDERS = {"target, place": "target, seat", "target, page": "target, page, seat"}


class Peer:
    def __init__(self, path):
        self.path, self.session, self.threads = path, None, 2

    def load(self, parquet, order, memory_mib):
        os.makedirs(self.path, exist_ok=True)
        self.open(2)
        columns = ", ".join(f"{name} {kind[1]}" for name, kind in (COLUMNS | HELPERS).items())
        self.run(f"CREATE TABLE links ({columns}) ENGINE = MergeTree ORDER BY ({ORDERS[order]})")
        names = ", ".join([*COLUMNS, *HELPERS])
        memory = f"max_memory_usage = {memory_mib << 20}, max_threads = 2, max_insert_threads = 1"
        for name in sorted(os.listdir(parquet)):
            self.run(
                f"INSERT INTO links ({names}) SELECT {names} FROM file('{parquet}/{name}', Parquet) "
                f"SETTINGS {memory}, min_insert_block_size_rows = 500000, input_format_parquet_allow_missing_columns = 1"
            )
        self.run("OPTIMIZE TABLE links FINAL")
        parts = self.run("SELECT count() FROM system.parts WHERE active AND table = 'links'", "TSV").decode().strip()
        if parts != "1":
            raise SystemExit(f"{parts} parts after OPTIMIZE")
        # The parts that were merged go after eight minutes by themselves.
        self.run("ALTER TABLE links MODIFY SETTING old_parts_lifetime = 0")

    def facts(self):
        rows, anchors = self.run("SELECT count(), uniqExact(anchor) FROM links", "TSV").decode().split()
        return {"rows": int(rows), "distinct_anchors": int(anchors), "columns": len(COLUMNS | HELPERS)}

    def target_number(self, domain):
        found = self.run(
            f"SELECT target FROM links WHERE NOT is_indirect_link AND (domain_to = '{domain}' "
            f"OR endsWith(domain_to, '.{domain}')) LIMIT 1",
            "TSV",
        )
        return int(found.decode())

    def open(self, threads):
        self.threads = threads
        if self.session is None:
            self.session = session.Session(self.path)
            self.session.query("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
            self.session.query("USE bench")

    def run(self, text, kind="Null"):
        if self.session is None:
            self.open(2)
        return self.session.query(text, kind).bytes() or b""

    def asked(self, text):
        settings = f"SETTINGS max_threads = {self.threads}, optimize_read_in_order = 1"
        return self.session.query(f"{text} {settings}", "ArrowStream").bytes()

    def ways(self, question):
        either = ["one query, nested", "two phases"]
        return either if question.group else [*either, "one query, LIMIT BY", "two phases, LIMIT BY"]

    def ask(self, way, question, condition):
        """Count, stream of the rows in order (see `table`), and the links of each row's group."""
        target = condition.split(" AND ", 1)[0]
        pages = f"SELECT uniqExact({question.group or 'page'}) FROM links WHERE {condition}"
        limit = f"LIMIT 100 OFFSET {question.offset}"
        by_page = f"links WHERE {condition} ORDER BY seat LIMIT 1 BY page {limit}"
        if way == "one query, LIMIT BY":
            return None, self.asked(f"SELECT *, ({pages}) AS w_total FROM {by_page}"), None
        if way == "one query, nested":
            narrow = winners(question, condition)
            if question.group:
                # The links of the groups come with the seats; both are needed, so a join.
                text = f"""SELECT links.*, w.g AS w_g, w.total AS w_total FROM links
                    INNER JOIN ({narrow}) w ON links.seat = w.s WHERE links.{target} AND links.seat IN
                    (SELECT s FROM ({narrow})) ORDER BY links.seat"""
            else:
                text = f"""SELECT *, ({pages}) AS w_total FROM links WHERE {target} AND seat IN
                    (SELECT s FROM ({narrow})) ORDER BY seat"""
            return None, self.asked(text), None
        if way == "two phases, LIMIT BY":
            found = pa.ipc.open_stream(self.asked(f"SELECT seat AS s, page AS p FROM {by_page}")).read_all()
            total = pa.ipc.open_stream(self.asked(pages)).read_all().column(0)[0].as_py()
            groups = [0] * found.num_rows
        else:
            found = pa.ipc.open_stream(self.asked(winners(question, condition))).read_all()
            total = found.column("total")[0].as_py() if found.num_rows else 0
            groups = found.column("g").to_pylist()
        seats = ", ".join(map(str, found.column("s").to_pylist()))
        of_pages = ", ".join(map(str, set(found.column("p").to_pylist())))
        rows = f"SELECT * FROM links WHERE {target} AND page IN ({of_pages}) AND seat IN ({seats}) ORDER BY seat"
        return total, self.asked(rows), groups

    def close(self):
        if self.session is not None:
            self.session.close()

    def remove(self):
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)


def winners(question, condition):
    """Of the rows to show: seat, page, links of the group, and the count of all; narrow columns only."""
    limit = f"ORDER BY s LIMIT 100 OFFSET {question.offset}"
    if question.group:
        return f"""SELECT min(first) AS s, argMin(page, first) AS p, sum(n) AS g, count() OVER () AS total FROM (
            SELECT page, any({question.group}) AS k, min(seat) AS first, argMin(links_count, seat) AS n
            FROM links WHERE {condition} GROUP BY page) GROUP BY k {limit}"""
    return f"""SELECT min(seat) AS s, page AS p, 0 AS g, count() OVER () AS total
        FROM links WHERE {condition} GROUP BY page {limit}"""
