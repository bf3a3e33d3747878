"""A peer in a process of its own: `peer.py duckdb|clickhouse FOLDER`, told by lines of JSON what to do.

    {"do": "load", "parquet": FOLDER, "order": NAME, "memory_mib": N}
    {"do": "ask", "question": NUMBER, "domain": TEXT, "way": NAME, "threads": N, "seconds": S}

Answers with lines of JSON. A question is asked until `seconds` have gone, at least once; CPU (user and system, all
threads) and wall clock are divided by the times, because the system counts CPU time in ticks.
"""

import importlib
import json
import os
import resource
import sys
import time

import pyarrow as pa

from questions import QUESTIONS, condition


def peak_mib():
    lines = open("/proc/self/status", encoding="ascii").read().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def cpu_ms():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1000


def table_of(answer):
    return answer if isinstance(answer, pa.Table) else pa.ipc.open_stream(answer).read_all()


def listed(column):
    return [int(value) for value in (column.to_pylist() if hasattr(column, "to_pylist") else column)]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


class Asked:
    def __init__(self, peer, engine):
        self.peer, self.engine, self.numbers = peer, engine, {}

    def number(self, domain):
        if domain not in self.numbers:
            self.numbers[domain] = self.peer.target_number(domain)
        return self.numbers[domain]

    def ask(self, order):
        question, domain = QUESTIONS[order["question"]], order["domain"]
        number = self.number(domain)
        self.peer.open(order["threads"])
        where = condition(question, self.engine, number, domain.count(".") + 1)
        # Of the memory that was held before, what stays is part of the peak.
        with open("/proc/self/clear_refs", "w", encoding="ascii") as reset:
            reset.write("5")
        times = 0
        cpu, wall = cpu_ms(), time.perf_counter()
        while times == 0 or time.perf_counter() - wall < order["seconds"]:
            total, rows, groups = self.peer.ask(order["way"], question, where)
            times += 1
        cpu, wall = (cpu_ms() - cpu) / times, (time.perf_counter() - wall) * 1000 / times
        table = table_of(rows)
        if total is None:
            total = table.column("w_total")[0].as_py() if table.num_rows else 0
        if groups is None:
            groups = table.column("w_g") if "w_g" in table.column_names else [0] * table.num_rows
        return {
            "cpu_ms": cpu,
            "wall_ms": wall,
            "times": times,
            "peak_mib": peak_mib(),
            "total_count": total,
            "url_from": list(map(text, table.column("url_from").to_pylist())),
            "links_count": listed(table.column("links_count")),
            "group_count": listed(groups),
            "columns": table.num_columns,
        }


def main(engine, folder):
    module = importlib.import_module(f"{engine}_peer")
    peer = module.Peer(folder)
    asked = Asked(peer, engine)
    # Engines may print: answers go where nothing else does.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "load":
            started = time.perf_counter()
            peer.load(order["parquet"], order["order"], order["memory_mib"])
            answer = {"seconds": time.perf_counter() - started, "cpu_seconds": cpu_ms() / 1000, "peak_mib": peak_mib()}
        elif order["do"] == "facts":
            answer = peer.facts() | {"version": module.VERSION}
        elif order["do"] == "ways":
            answer = peer.ways(QUESTIONS[order["question"]])
        else:
            answer = asked.ask(order)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
