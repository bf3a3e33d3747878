#!/usr/bin/env python3
"""Reads answers of a running server with the published client of the vendor's API.

usage: dataforseo_client.py HOST USERNAME PASSWORD TARGET [EXPECTED_TOTAL_COUNT]

HOST is http://ADDRESS:PORT. Needs the PyPI package dataforseo-client (2.1). The client's models are
strict: an integer sent as 1.0 or a boolean sent as "true" is an error. Exit code 0: all checks passed.
"""

import datetime
import sys

# This file has the name of the package that it imports.
sys.path.pop(0)

from dataforseo_client import ApiClient, Configuration
from dataforseo_client.api.appendix_api import AppendixApi
from dataforseo_client.api.backlinks_api import BacklinksApi
from dataforseo_client.exceptions import UnauthorizedException
from dataforseo_client.models.backlinks_backlinks_live_item import BacklinksBacklinksLiveItem
from dataforseo_client.models.backlinks_backlinks_live_request_info import BacklinksBacklinksLiveRequestInfo
from dataforseo_client.models.backlinks_errors_request_info import BacklinksErrorsRequestInfo
from dataforseo_client.models.backlinks_id_list_request_info import BacklinksIdListRequestInfo

# Fields that the vendor never leaves null.
ALWAYS = (
    "type domain_from url_from url_from_https domain_to url_to url_to_https is_new is_lost rank page_from_rank "
    "domain_from_rank domain_from_is_ip first_seen last_seen item_type dofollow original links_count group_count "
    "is_broken is_indirect_link"
).split()
LIMIT = 1000
OWN = {"lost_date", "new_reason", "lost_reason", "evidence"}

failures = []


def check(fine, what):
    if not fine:
        failures.append(what)


def api(host, username, password):
    return BacklinksApi(ApiClient(Configuration(host=host, username=username, password=password)))


def ask(client, **fields):
    """One task, with every field of the model posted, most of them as null."""
    return client.backlinks_live([BacklinksBacklinksLiveRequestInfo(**fields)])


def check_envelope(answer):
    check(answer.status_code == 20000, f"status_code is {answer.status_code}")
    check(answer.version.startswith("0.1."), f"version is {answer.version}")
    check(answer.tasks_count == len(answer.tasks), "tasks_count is not the number of tasks")
    failed = [task for task in answer.tasks if task.status_code != 20000]
    check(answer.tasks_error == len(failed), "tasks_error is not the number of failed tasks")


def check_rows(task, expected_count):
    check(task.status_code == 20000, f"task: {task.status_code} {task.status_message}")
    check(task.path == ["v3", "backlinks", "backlinks", "live"], f"path is {task.path}")
    if not task.result:
        check(expected_count == 0, "no result")
        return
    result = task.result[0]
    if expected_count is not None:
        check(result.total_count == expected_count, f"total_count is {result.total_count}, not {expected_count}")
    check(result.items_count == len(result.items), "items_count is not the number of items")
    check(len(result.items) == min(LIMIT, result.total_count), "items are missing")
    known = set(BacklinksBacklinksLiveItem.model_fields) - {"additional_properties"}
    for item in result.items:
        missing = [name for name in ALWAYS if getattr(item, name) is None]
        check(not missing, f"{item.url_from}: null in {missing}")
        check(item.type == "backlink", f"type is {item.type}")
        unknown = set(item.additional_properties) - OWN
        check(not unknown, f"fields that the client does not know: {unknown}")
        check(len(known) >= 45, "the client's model has fewer fields than expected")
    print(f"{len(result.items)} of {result.total_count} rows, {len(known)} fields known to the client")


def rows_of(answer, what):
    """The items of an answer that must be good, as the client reads them."""
    task = answer.tasks[0]
    check(task.status_code == 20000, f"{what}: {task.status_code} {task.status_message}")
    return task.result[0].items if task.result else []


def places(items):
    return [(item.url_from, item.url_to) for item in items]


def check_paged(client, target, items, total):
    """By offset and by token: the same rows as at once."""
    page = max(1, len(items) // 7)
    by_offset = []
    for offset in range(0, len(items), page):
        by_offset += rows_of(ask(client, target=target, limit=page, offset=offset), "offset")
    check(places(by_offset)[: len(items)] == places(items), "pages by offset are other rows")
    by_token, token, pages = [], None, 0
    while pages == 0 or token:
        answer = ask(client, target=target, limit=page, search_after_token=token)
        by_token += rows_of(answer, "token")
        pages += 1
        token = answer.tasks[0].result[0].search_after_token if answer.tasks[0].result else None
        if pages > 50:
            break
    check(len(by_token) == min(total, 51 * page), f"{len(by_token)} rows by tokens of {total}")
    check(places(by_token)[: len(items)] == places(items)[: len(by_token)], "pages by token are other rows")
    print(f"  paged: {pages} pages of {page} rows by token")


def check_filtered(client, target, items):
    anchor = next((item.anchor for item in items if item.anchor and "%" not in item.anchor), "none")
    for filters, holds in [
        (["dofollow", "=", True], lambda item: item.dofollow),
        (["rank", ">", "5"], lambda item: item.rank > 5),
        (
            [["dofollow", "=", "false"], "or", ["item_type", "in", ["image"]]],
            lambda item: not item.dofollow or item.item_type == "image",
        ),
        (
            [[["anchor", "like", f"{anchor[:3]}%"], "and", ["alt", "=", None]]],
            lambda item: (item.anchor or "").startswith(anchor[:3]) and item.alt is None,
        ),
        (["first_seen", ">", "2017-10-23 11:31:45 +00:00"], lambda item: item.first_seen > "2017-10-23 11:31:45"),
        (["url_from", "regex", "^https://"], lambda item: item.url_from.startswith("https://")),
        (["attributes", "has_not", "nofollow"], lambda item: "nofollow" not in (item.attributes or [])),
    ]:
        found = rows_of(ask(client, target=target, filters=filters, limit=LIMIT), filters)
        check(all(map(holds, found)), f"{filters}: rows that do not fulfil it")
        check(len(found) >= sum(map(holds, items)), f"{filters}: {len(found)} rows, too few")
        print(f"  {filters}: {len(found)} rows")


def check_grouped(client, target, items):
    found = rows_of(
        ask(client, target=target, mode="one_per_domain", order_by=["group_count,desc"], limit=LIMIT), "one_per_domain"
    )
    domains = [item.domain_from for item in found]
    check(len(set(domains)) == len(domains), "one_per_domain: a domain twice")
    check({item.domain_from for item in items} >= set(domains) or len(items) == LIMIT, "one_per_domain: other domains")
    counts = [item.group_count for item in found]
    check(all(count >= 1 for count in counts) and counts == sorted(counts, reverse=True), "one_per_domain: group_count")
    custom = {"field": "domain", "value": 2}
    answer = ask(client, target=target, custom_mode=custom, rank_scale="one_hundred", limit=LIMIT)
    found = rows_of(answer, "custom_mode")
    most = max((sum(other.domain_from == item.domain_from for other in found) for item in found[:50]), default=0)
    check(most <= 2, f"custom_mode: {most} rows of a domain")
    check(all(item.rank <= 100 and item.page_from_rank <= 100 for item in found), "one_hundred: a rank above")
    if answer.tasks[0].result:
        check(answer.tasks[0].result[0].custom_mode == custom, "custom_mode is not echoed")
    print(f"  grouped: {len(domains)} domains, {len(found)} rows of two a domain")


def check_errors(client, target):
    for fields, message in [
        ({"target": "no such target"}, "Invalid Field: 'target'."),
        ({"target": target, "filters": ["nothing", "=", 1]}, "Invalid Field: 'filters'."),
        ({"target": target, "filters": [["dofollow", "=", True], ["rank", ">", 1]]}, "Invalid Field: 'filters'."),
        ({"target": target, "order_by": ["rank"]}, "Invalid Field: 'order_by'."),
        ({"target": target, "limit": 1001}, "Invalid Field: 'limit'."),
        ({"target": target, "mode": "one_per_page"}, "Invalid Field: 'mode'."),
        ({"target": target, "search_after_token": "eyJ2IjoxfQ=="}, "Invalid Field: 'search_after_token'."),
    ]:
        wrong = ask(client, **fields)
        check_envelope(wrong)
        task = wrong.tasks[0]
        check(
            (task.status_code, task.status_message) == (40501, message),
            f"{fields}: {task.status_code} {task.status_message}",
        )
        check(task.result is None, f"{fields}: a failed task has a result")
    return ask(client, target="no such target").tasks[0].id


def check_history(client, done, failed):
    """Tasks that were done and failed are in the lists, and the calls are in the user's statistics."""
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    from_, to = ((now + shift).strftime("%Y-%m-%d %H:%M:%S +00:00") for shift in (-day, day))
    asked = BacklinksIdListRequestInfo(
        datetime_from=from_, datetime_to=to, limit=1000, sort="desc", include_metadata=True
    )
    listed = client.backlinks_id_list([asked]).tasks[0].result or []
    found = {task.id: task for task in listed}
    check(done in found and failed in found, "id_list lacks a task")
    check(all(task.status for task in listed), "a task of id_list has no status")
    check(found[done].metadata["tag"] == "compat", "id_list does not tell what was posted")
    errors = client.backlinks_errors([BacklinksErrorsRequestInfo()]).tasks[0].result or []
    check(any(error.id == failed and error.error_code == 40501 for error in errors), "errors lacks a task")
    user = AppendixApi(client.api_client).user_data().tasks[0].result[0]
    check(user.rates.statistics.day.backlinks.backlinks.live >= 4, "user_data does not count calls")
    check(user.money.total == 0 and user.money.balance == 0, "user_data has money")
    check(user.price.backlinks.backlinks.live.priority_normal[0].cost_type == "per_request", "user_data lacks prices")
    print(f"{len(listed)} tasks and {len(errors)} errors listed")


def main():
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    host, username, password, target = sys.argv[1:5]
    expected = int(sys.argv[5]) if len(sys.argv) == 6 else None
    client = api(host, username, password)

    answer = ask(client, target=target, limit=LIMIT, tag="compat")
    check_envelope(answer)
    check_rows(answer.tasks[0], expected)
    check(answer.tasks[0].data["target"] == target, "data does not echo the target")
    check(answer.tasks[0].data["tag"] == "compat", "data does not echo the tag")

    items = rows_of(answer, "plain")
    if items:
        check_paged(client, target, items, answer.tasks[0].result[0].total_count)
        check_filtered(client, target, items)
        check_grouped(client, target, items)
    for fields in ({"target": "nothing-links-here.com"}, {"target": target, "filters": ["url_to", "=", ""]}):
        empty = ask(client, **fields)
        check_envelope(empty)
        check(
            (empty.tasks[0].status_code, empty.tasks[0].result_count, empty.tasks[0].result) == (20000, 0, None),
            f"{fields}: not empty",
        )
    failed = check_errors(client, target)
    check_history(client, answer.tasks[0].id, failed)

    try:
        answer = ask(api(host, username, password + "x"), target=target)
        check(answer.status_code == 40100, "a wrong password is let in")
    except UnauthorizedException as refusal:
        check(refusal.status == 401, f"a wrong password gives {refusal.status}")

    for failure in failures:
        print(f"FAILED: {failure}", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
