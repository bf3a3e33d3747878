"""What is asked. Each question has the flags of our `measure_query`, and what a peer needs to make its own of it."""

import json
from dataclasses import dataclass, field

THREE_FILTERS = [["dofollow", "=", True], "and", ["anchor", "ilike", "%ar%"], "and", ["rank", ">", 20]]
REGEX = "^[a-m].*[0-9n]$"
# Leaves every row in, so that no list of the snapshot answers.
ALWAYS = ["rank", ">=", 0]


@dataclass
class Question:
    """One line of the table. `where` is a condition in SQL by engine, `group` the column that gives one row each."""

    name: str
    goal: float
    target: str = "large"
    flags: list = field(default_factory=list)
    where: dict = field(default_factory=dict)
    group: str | None = None
    offset: int = 0


def filtered(conditions):
    return "--filter=" + json.dumps(conditions)


QUESTIONS = [
    Question("small target, first page", 20, target="small"),
    Question("large target, first page, kept order and counters", 25),
    Question("large target, first page, nothing kept", 25, flags=[filtered(ALWAYS)]),
    Question(
        "three filters",
        8,
        flags=[filtered(THREE_FILTERS)],
        where=dict.fromkeys(["duckdb", "clickhouse"], "dofollow AND anchor ILIKE '%ar%' AND rank > 20"),
    ),
    Question("one per domain", 5, flags=["--mode=one_per_domain"], group="host_from"),
    Question("offset 20,000", 10, flags=["--offset=20000"], offset=20_000),
    Question("the same depth by token", 10, flags=["--offset=20000", "--by-token"], offset=20_000),
    Question(
        "regex on anchor",
        5,
        flags=[filtered(["anchor", "regex", REGEX])],
        where={"duckdb": f"regexp_matches(anchor, '{REGEX}')", "clickhouse": f"match(anchor, '{REGEX}')"},
    ),
]


def condition(question, engine, target_number, labels):
    """Live links that are not internal, and enter the target with this row."""
    base = f"target = {target_number} AND NOT is_lost AND NOT is_internal AND hop_labels < {labels + 1}"
    more = question.where.get(engine)
    return f"{base} AND ({more})" if more else base
