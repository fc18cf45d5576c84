"""Refuse requests to Airflow that its database cannot hold, and hide its routes from strangers.

Airflow's api-server answers 500 to a NUL character, half a character, deep nesting or a date at the
end of the calendar, and takes a body of any size. It shows its routes and its version
without a login. This middleware runs before all of its routes and answers 400, 401, 404 or 413 with
one line. The bodies of tasks pass unchecked: a task has authenticated itself, and its results may
be large.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from orchestration.fields import CARD_NUMBER, RUN_ID_LETTERS, flaw, holds_card_number

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 4 << 20  # 10,000 ids of 256 characters are 2.6 MB
LONGEST = {"note": 1000, "dag_run_id": RUN_ID_LETTERS}  # a note: of Airflow's own column
YEARS = (2000, 2200)
MOMENTS = (
    *("logical_date", "run_after", "data_interval_start", "data_interval_end"),
    *("from_date", "to_date"),
)
FORMS = {"conf", "dag_run_conf"}
TASKS = "/execution/"
# last parts of addresses at which FastAPI and Cadwyn describe the routes of each application
DESCRIPTIONS = {"openapi.json", "docs", "redoc", "oauth2-redirect", "changelog"}
MOUNTS = {"", "/execution", "/auth", "/docs", "/execution/docs", "/auth/docs"}
FOR_USERS = {"/api/v2/version"}
WITH_BODY = {"POST", "PUT", "PATCH", "DELETE"}


class RequestGuard:
    """An ASGI middleware that reads a request's body before Airflow does."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request that no database can hold, and pass on every other one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = _path(scope)
        if refusal := await _refusal_of_address(path, scope):
            await _refuse(send, *refusal)
        elif scope["method"] not in WITH_BODY or path.startswith(TASKS):
            await self._app(scope, receive, send)
        else:
            await self._with_body(scope, receive, send)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _body(scope, receive)
        except ConnectionError:
            return  # the client is gone, and half a body is no request
        if body is None:
            await _refuse(
                send, 413, f"the body has more than {LARGEST_BODY} bytes; send a smaller one"
            )
            return
        if wrong := objection(body):
            await _refuse(send, 400, wrong)
            return
        await self._app(scope, _again(body, receive), send)


async def _refusal_of_address(path: str, scope: Scope) -> tuple[int, str] | None:
    """Return status and reason where the address alone says that Airflow must not answer."""
    if wrong := _objection_to_address(path, scope.get("query_string", b"")):
        return 400, wrong
    mount, _, last = path.rstrip("/").rpartition("/")
    if last in DESCRIPTIONS and mount in MOUNTS:
        return 404, "this server does not describe its routes"
    if path.rstrip("/") in FOR_USERS and await _is_stranger(scope):
        return 401, "Not authenticated"
    return None


def _objection_to_address(path: str, query: bytes) -> str | None:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        return "the address holds a control character; leave it out"
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if "\0" in name + value:
            return "the address holds a NUL character; leave it out"
        if _leaves_the_calendar(value):
            return f"{name} is no time of the calendar in UTC; name a later or an earlier one"
    return None


def _leaves_the_calendar(value: str) -> bool:
    try:
        datetime.fromisoformat(value.strip().upper()).astimezone(UTC)
    except ValueError:
        return False  # no time at all, or one that Airflow refuses
    except OverflowError:
        return True
    return False


async def _is_stranger(scope: Scope) -> bool:
    """Return whether a request has no valid login, in a header or a cookie."""
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
    from airflow.api_fastapi.core_api.security import resolve_user_from_token
    from fastapi import HTTPException
    from starlette.requests import HTTPConnection

    request = HTTPConnection(scope)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token if scheme.lower() == "bearer" else request.cookies.get(COOKIE_NAME_JWT_TOKEN)
    try:
        await resolve_user_from_token(given)
    except HTTPException:
        return True
    return False


def objection(body: bytes) -> str | None:
    """Return why a body is refused, or None; Airflow itself refuses what is no JSON."""
    try:
        content = json.loads(body, object_pairs_hook=_object, parse_int=_whole)
    except RecursionError:
        return "the body is nested too deep; send plain fields"
    except _RefusedError as error:
        return str(error)
    except ValueError:
        return None
    if wrong := flaw(content):
        return f"the body {wrong}; nothing can store that"
    return _objection_to_fields(content) if isinstance(content, dict) else None


def _objection_to_fields(body: Mapping[str, Any]) -> str | None:
    # a form is checked at the trigger, which knows the ids that are long numbers
    others = {name: value for name, value in body.items() if name not in FORMS}
    if holds_card_number(others):
        return f"the body {CARD_NUMBER}: Airflow would keep it"
    for name in MOMENTS:
        if body.get(name) is not None and not _is_of_calendar(body[name]):
            return f"{name} is no time of the years {YEARS[0]} to {YEARS[1]}; leave it out"
    for name, longest in LONGEST.items():
        value = body.get(name)
        if isinstance(value, str) and len(value) > longest:
            return f"{name} has {len(value)} characters; write at most {longest} of them"
    if body.get("data_interval_start") is not None and body.get("logical_date", True) is None:
        return "a data interval without a logical_date is dropped; write start and end into conf"
    return None


def _is_of_calendar(value: object) -> bool:
    try:
        moment = datetime.fromisoformat(str(value).upper())
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return YEARS[0] <= moment.year < YEARS[1]


class _RefusedError(Exception):
    """A body is refused while it is parsed."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise _RefusedError("the body names a key twice; name each once")
    return fields


def _whole(digits: str) -> int:
    if len(digits) > 20:  # Python itself refuses to read very many
        raise _RefusedError("the body holds a number of more than 64 bits")
    return int(digits)


def _path(scope: Scope) -> str:
    """Return the decoded path below the one that a proxy serves, with single slashes."""
    path: str = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
    return re.sub("/+", "/", path)


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """Return the whole body, or None where it is too large.

    Raises:
        ConnectionError: the client has gone before its end.
    """
    headers = dict(scope["headers"])
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced[:20]) > LARGEST_BODY:
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client has gone")
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a channel that repeats a body once, and then reads from the client again."""
    left = [body]

    async def channel() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return channel


async def _refuse(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
