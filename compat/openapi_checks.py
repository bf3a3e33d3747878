"""For schemathesis: a check of our own, for failures are told in a body with HTTP status 200, so that a
status alone shows nothing; and a target that has rows in place of some of the random ones."""

import os

import schemathesis

TARGET = os.environ["OPENAPI_TARGET"]


@schemathesis.hook
def map_body(context, body):
    """Every target of an even length is the known one."""
    tasks = body if isinstance(body, list) else [body]
    for task in tasks:
        if isinstance(task, dict) and isinstance(task.get("target"), str) and len(task["target"]) % 2 == 0:
            task["target"] = TARGET
    return body


@schemathesis.check
def no_failure_of_ours(ctx, response, case):
    """No code of the server's own failures, on top or in a task."""
    if not response.headers.get("content-type", [""])[0].startswith("application/json"):
        return
    body = response.json()
    if not isinstance(body, dict):
        return
    codes = [body.get("status_code")] + [task["status_code"] for task in body.get("tasks") or []]
    ours = [code for code in codes if isinstance(code, int) and code >= 50000]
    if ours:
        hint = response.headers.get("x-error-hint", [""])[0]
        raise AssertionError(f"codes {ours}: {hint}")
