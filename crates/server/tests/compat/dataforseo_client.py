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
OWN = {"lost_date", "evidence"}

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

    first = ask(client, target=target, limit=1)
    second = ask(client, target=target, limit=1, offset=1)
    pages = [page.tasks[0].result[0].items for page in (first, second) if page.tasks[0].result]
    if len(pages) == 2 and pages[0] and pages[1]:
        check(pages[0][0].url_from != pages[1][0].url_from, "two pages have the same row")

    wrong = ask(client, target="no such target")
    check_envelope(wrong)
    check(wrong.tasks[0].status_code == 40501, f"a wrong target gives {wrong.tasks[0].status_code}")
    check(wrong.tasks[0].status_message == "Invalid Field: 'target'.", wrong.tasks[0].status_message)
    check(wrong.tasks[0].result is None, "a failed task has a result")

    check_history(client, answer.tasks[0].id, wrong.tasks[0].id)

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
