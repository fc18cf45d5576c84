"""One application, entered in the form: delivered like any other, decided ahead of its day.

It becomes a file in the landing area, so that it takes the same path into the same ledger: parsed,
checked, admitted, its features built, decided, published. Nothing about it is a special case but
that its run names it and does not wait until its day is over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import Param

from features.errors import ConfigurationError
from orchestration import requests
from orchestration.windows import day_of, plain

if TYPE_CHECKING:
    from features.feeds import Feed
    from scoring.runs import Request

DAY = timedelta(days=1)
FEED: Final = "applications"

FORM = {
    **requests.form_of("day"),
    "application": Param(
        None,
        type=["null", "object"],
        title="One application",
        description=(
            "As a JSON object with the columns of the source's files, to decide now. Without a "
            "time of application it is made now. Leave the window empty."
        ),
    ),
}


def request(context: Mapping[str, Any]) -> Request:
    """Return what this Airflow run asks for: a day, a restatement, or one case.

    Raises:
        ConfigurationError: the form makes no sense; nothing was written.
    """
    from scoring.runs import Request

    if (case := _case(context)) is None:
        return requests.request(context, DAY)
    if any(context["params"].get(name) for name in ("start", "end", "restate_ids")):
        raise ConfigurationError("the form names an application and a window or ids; give one")
    columns = _feed().columns
    subject = case.get(columns["application_id"])
    if not subject:
        raise ConfigurationError(f"the application has no {columns['application_id']!r}")
    start, end = day_of(_moment(case[columns["applied_at"]]))
    who = str(context["dag_run"].run_id)
    return Request(start, end, "case", who, restated_ids=(str(subject),))


def deliver(context: Mapping[str, Any]) -> str | None:
    """Put the form's application into the landing area; return the object's name.

    The name follows from the content: a second try delivers nothing new.

    Raises:
        ConfigurationError: the form makes no sense, ingest would reject the application, or the
            source takes no JSON; nothing was delivered.
    """
    from features.ingest.trial import objections
    from scoring.settings import get_settings
    from scoring.storage import object_store

    request(context)
    if (case := _case(context)) is None:
        return None
    if wrong := objections(case, _feed(), plain(context["dag_run"].run_after)):
        raise ConfigurationError(f"the application cannot be taken: {'; '.join(wrong)}")
    content = json.dumps(case, sort_keys=True).encode() + b"\n"
    name = f"{_feed().folder}/case_{hashlib.sha256(content).hexdigest()[:32]}.jsonl"
    object_store(get_settings()).put_if_absent(name, content)
    return name


def _case(context: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the form's application with the time at which it was made."""
    case: dict[str, Any] | None = context["params"].get("application")
    if not case:
        return None
    made = plain(context["dag_run"].run_after).isoformat()
    return {_feed().columns["applied_at"]: made, **case}


def _feed() -> Feed:
    from features import sources
    from scoring.settings import get_settings

    settings = get_settings()
    name = settings.sources
    feed = sources.load(name, folder=settings.sources_dir).feeds.get(FEED)
    if feed is None or "jsonl" not in feed.formats:
        raise ConfigurationError(f"the sources {name!r} take no single application as JSON")
    return feed


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise ConfigurationError(
            f"the application was made at {text!r}, which is no time"
        ) from None
    if moment.tzinfo is None:
        raise ConfigurationError(f"the application was made at {text!r}, without a zone")
    return moment
