"""The guard answers requests that Airflow's database cannot hold before Airflow reads them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from orchestration.request_guard import RequestGuard

PATH = "/api/v2/dags/score_transactions/dagRuns"


def answer(
    body: bytes = b"",
    path: str = PATH,
    query: bytes = b"",
    length: int | None = None,
    **messages: Any,
) -> tuple[int, str, bytes]:
    """Return status and detail of an answer, and the body that reached Airflow."""
    sent: list[dict[str, Any]] = []
    received: list[bytes] = []

    async def airflow(_: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            received.append(message["body"])
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    parts = messages.get("parts") or [{"type": "http.request", "body": body}]
    remaining = list(parts)

    async def receive() -> dict[str, Any]:
        return remaining.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {
        **{"type": "http", "method": "POST", "path": path, "query_string": query},
        **{"headers": headers, "root_path": messages.get("root_path", "")},
    }
    asyncio.run(RequestGuard(airflow)(scope, receive, send))
    if not sent:
        return 0, "", b"".join(received)
    return sent[0]["status"], json.loads(sent[1]["body"]).get("detail", ""), b"".join(received)


def trigger(**fields: object) -> bytes:
    return json.dumps({"logical_date": None, "conf": {}, **fields}).encode()


def conf(literal: str) -> bytes:
    return b'{"logical_date": null, "conf": {"reason": %s}}' % literal.encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (conf(r'"a\u0000b"'), "NUL"),
        (conf(r'"\ud800"'), "surrogate"),
        (conf(r'{"\udfff": 1}'), "surrogate"),
        (conf("NaN"), "not finite"),
        (conf("-Infinity"), "not finite"),
        (conf("1e400"), "not finite"),
        (conf("9e300"), "64 bits"),
        (conf("9" * 5000), "64 bits"),
        (conf("18446744073709551616"), "64 bits"),
        (conf("[" * 10_000 + "]" * 10_000), "nested"),
        (conf("[" * 100 + "]" * 100), "nested"),
        (conf('1, "reason": 2'), "names a key twice"),
        (trigger(note="\0"), "NUL"),
        (trigger(note="paid by 4111 1111 1111 1111"), "holds what passes as a full card number"),
        (trigger(note="x" * 1001), "note has 1001 characters"),
        (trigger(dag_run_id="x" * 201), "dag_run_id has 201 characters"),
        (trigger(logical_date="0001-01-01T00:00:00+10:00"), "logical_date is no time"),
        (trigger(logical_date="9999-12-31T23:59:59-10:00"), "logical_date is no time"),
        (trigger(logical_date=-62135596800), "logical_date is no time"),
        (trigger(run_after="1970-01-01T00:00:00Z"), "run_after is no time"),
        (trigger(from_date="0001-01-01T00:00:00Z"), "from_date is no time"),
        (trigger(data_interval_start="2026-11-20T00:00:00Z"), "without a logical_date"),
        (conf(r'"a\u0000b"').decode().encode("utf-16"), "NUL"),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_a_body_that_cannot_be_stored_is_refused_in_one_line(body: bytes, reason: str) -> None:
    status, detail, received = answer(body)

    assert (status, received) == (400, b"")
    assert reason in detail
    assert "\n" not in detail


@pytest.mark.parametrize(
    "body",
    [
        trigger(),
        trigger(logical_date="2026-11-20T00:00:00Z", run_after="2026-11-20T00:00:00"),
        trigger(conf={"restate_ids": ["x" * 256] * 10_000}),
        conf(r'"👍 \ud83d\ude00 1e400 NaN"'),
        b"{",
        b"\xff\xfe",
        b"username=a&password=b",
        b"",
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_every_other_body_reaches_airflow_unchanged(body: bytes) -> None:
    assert answer(body) == (200, "", body)


def test_a_body_in_parts_is_joined() -> None:
    parts = [
        {"type": "http.request", "body": part, "more_body": more}
        for part, more in ((b'{"a": "\\u0', True), (b'000"}', False))
    ]

    assert answer(parts=parts)[0] == 400


def test_a_large_body_is_refused_whether_announced_or_not() -> None:
    part = {"type": "http.request", "body": b"x" * (1 << 20), "more_body": True}

    assert answer(length=10_000_000)[0] == 413
    assert answer(parts=[part] * 5)[0] == 413


def test_a_request_that_breaks_off_does_not_reach_airflow() -> None:
    parts = [
        {"type": "http.request", "body": b'{"conf"', "more_body": True},
        {"type": "http.disconnect"},
    ]

    assert answer(parts=parts) == (0, "", b"")


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ({"path": "/api/v2/dags/a\0b"}, "a control character"),
        ({"path": "/execution/xcoms/a\0b"}, "a control character"),
        ({"path": "/api/v2/dags/a\nb"}, "a control character"),
        ({"query": b"run_id=a%00b"}, "a NUL character"),
        ({"query": b"a&%00"}, "a NUL character"),
        ({"query": b"start=0001-01-01T00:00:00%2B14:00"}, "start is no time of the calendar"),
        ({"query": b"a=b&end=9999-12-31T23:59-14:00"}, "end is no time of the calendar"),
        ({"query": b"end=9999-12-31t23:59-1400"}, "end is no time of the calendar"),
    ],
)
def test_an_address_that_no_database_can_search_for_is_refused(
    where: dict[str, Any], reason: str
) -> None:
    status, detail, _ = answer(**where)

    assert status == 400
    assert reason in detail


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"end=9999-12-31T23:59:59Z",
        b"start=1970-01-01",
        b"start=soon&limit=-1",
        b"name=%ff&other=%ed%a0%80",
        b"pattern=a%2500b",
    ],
)
def test_every_other_address_reaches_airflow(query: bytes) -> None:
    assert answer(query=query)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/openapi.json", "/docs", "/redoc", "/docs/oauth2-redirect", "//openapi.json", "/docs/"),
        *("/execution/docs", "/execution/openapi.json", "/execution/redoc", "/execution/changelog"),
        *("/auth/openapi.json", "/auth/docs", "/auth/redoc", "/auth/docs/oauth2-redirect"),
    ],
)
def test_the_routes_are_not_described(path: str) -> None:
    for root in ("", "/flow"):
        assert answer(path=root + path, root_path=root)[0] == 404


@pytest.mark.parametrize(
    "where",
    [
        {"path": "/execution/xcoms/a"},
        {"path": "/flow/execution/xcoms/a", "root_path": "/flow"},
    ],
)
def test_a_request_of_a_task_passes_unchecked(where: dict[str, Any]) -> None:
    assert answer(conf("1e400"), **where)[0] == 200
