"""DuckDB: a table of its own, and the ways to ask it.

The rows of a target are neighbours, and a target is a number with an index on it. It has our precomputed numbers: the
page and the host of a row, and all of the order in one integer (`seat`). Answers go into Arrow, its cheapest way out.
"""

import os

import duckdb

VERSION = duckdb.__version__
ORDERS = {"target, place": "target, seat", "target, page": "target, page, seat"}


class Peer:
    def __init__(self, path):
        self.path = os.path.join(path, "rows.duckdb")
        self.connection = None

    def load(self, parquet, order, memory_mib):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        connection = duckdb.connect(self.path)
        connection.execute(f"SET memory_limit = '{memory_mib}MiB'")
        connection.execute("SET threads = 2")
        # Buckets hold different targets, so a bucket after the other is the whole order.
        for number, name in enumerate(sorted(os.listdir(parquet))):
            rows = f"SELECT * FROM read_parquet('{parquet}/{name}') ORDER BY {ORDERS[order]}"
            connection.execute(f"CREATE TABLE links AS {rows}" if number == 0 else f"INSERT INTO links {rows}")
            connection.execute("CHECKPOINT")
        connection.execute("CREATE INDEX links_by_target ON links (target)")
        connection.execute("CHECKPOINT")
        connection.close()

    def facts(self):
        self.open(2)
        (rows, anchors) = self.connection.execute("SELECT count(*), count(DISTINCT anchor) FROM links").fetchone()
        return {"rows": rows, "distinct_anchors": anchors, "columns": len(self.connection.sql("FROM links").columns)}

    def target_number(self, domain):
        self.open(2)
        return self.connection.execute(
            "SELECT target FROM links WHERE ends_with(domain_to, ?) AND NOT is_indirect_link "
            "AND (domain_to = ? OR ends_with(domain_to, '.' || ?)) LIMIT 1",
            [domain, domain, domain],
        ).fetchone()[0]

    def open(self, threads):
        if self.connection:
            self.connection.close()
        self.connection = duckdb.connect(self.path, read_only=True)
        self.connection.execute(f"SET threads = {threads}")
        self.connection.execute("SET late_materialization_max_rows = 1000")
        self.connection.execute("SET dynamic_or_filter_threshold = 200")

    def ways(self, question):
        return ["one query", "two phases"] if question.group else ["one query", "two phases", "best links first"]

    def ask(self, way, question, condition):
        """Count, Arrow table of the rows in order, and the links of each row's group (0 without groups)."""
        if way == "best links first":
            return self.best_first(question, condition)
        narrow = winners(question, condition)
        if way == "one query":
            table = self.connection.sql(
                f"""SELECT w.total AS w_total, w.g AS w_g, links.* FROM ({narrow}) w
                JOIN links ON links.rowid = w.r ORDER BY w.s"""
            ).to_arrow_table()
            total = table.column("w_total")[0].as_py() if table.num_rows else 0
            return total, table, table.column("w_g")
        found = self.connection.execute(narrow).fetchall()
        return found[0][3] if found else 0, self.rows([row[0] for row in found]), [row[2] for row in found]

    def best_first(self, question, condition):
        """Only the best links are grouped by page, four times as many as rows are wanted; the rest is counted."""
        links = 4 * (question.offset + 100)
        while True:
            found = self.connection.execute(
                f"""WITH best AS (SELECT rowid AS r, page, seat FROM links WHERE {condition} ORDER BY seat LIMIT {links}),
                pages AS (SELECT arg_min(r, seat) AS r, min(seat) AS s FROM best GROUP BY page)
                SELECT r, (SELECT count(*) FROM best), (SELECT count(*) FROM pages),
                (SELECT count(*) FROM (SELECT 1 FROM links WHERE {condition} GROUP BY page))
                FROM pages ORDER BY s LIMIT 100 OFFSET {question.offset}"""
            ).fetchall()
            if found and (found[0][2] >= question.offset + 100 or found[0][1] < links):
                return found[0][3], self.rows([row[0] for row in found]), [0] * len(found)
            links *= 8

    def rows(self, ids):
        """A join with the rowids; a list of them after IN was slower."""
        values = ", ".join(f"({row}, {at})" for at, row in enumerate(ids))
        return self.connection.sql(
            f"SELECT links.* FROM links JOIN (VALUES {values}) wanted(r, seat) ON links.rowid = wanted.r ORDER BY wanted.seat"
        ).to_arrow_table()


def winners(question, condition):
    """Of the rows to show: rowid, seat, links of the group, and the count of all; narrow columns only."""
    pages = f"""SELECT arg_min(rowid, seat) AS r, min(seat) AS s, 0 AS g FROM links WHERE {condition} GROUP BY page"""
    if question.group:
        pages = f"""SELECT arg_min(r, s) AS r, min(s) AS s, sum(n)::BIGINT AS g FROM (
            SELECT arg_min(rowid, seat) AS r, min(seat) AS s, arg_min(links_count, seat) AS n,
            any_value({question.group}) AS k FROM links WHERE {condition} GROUP BY page) GROUP BY k"""
    return f"""WITH w AS MATERIALIZED ({pages})
        SELECT r, s, g, (SELECT count(*) FROM w) AS total FROM w ORDER BY s LIMIT 100 OFFSET {question.offset}"""
