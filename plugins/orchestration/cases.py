"""One application, entered in the form: delivered like any other, decided ahead of its day.

It becomes a file in the landing area, so that it takes the same path into the same ledger: parsed,
checked, admitted, its features built, decided, published. Nothing about it is a special case but
that its run names it and does not wait until its day is over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import Param

from features.platform.errors import ConfigurationError
from orchestration import fields, run_request, steps
from orchestration.run_window import day_of, plain

if TYPE_CHECKING:
    from features.sources.mapping import SourceFeed
    from scoring.runs.request import Request

DAY = timedelta(days=1)
FEED: Final = "applications"
LONGEST_TEXT = 1000
LONGEST_SOURCE = 100

FORM = {
    **run_request.form_of("day"),
    "application": Param(
        None,
        type=["null", "object"],
        title="One application",
        description=(
            "As a JSON object with the columns of the source's files, to decide now. Without a "
            "time of application it is made now. Leave the window empty."
        ),
    ),
    "source": Param(
        None,
        type=["null", "string"],
        maxLength=LONGEST_SOURCE,
        title="Source of the application",
        description="Needed only where several sources deliver applications.",
    ),
}


def request(context: Mapping[str, Any]) -> Request:
    """Return the request of this Airflow run: a day, a restatement, or one case.

    Raises:
        ConfigurationError: the form makes no sense; nothing was written.
    """
    from scoring.runs.request import Kind, Request

    if (case := _case(context)) is None:
        if context["params"].get("source") is not None:
            raise ConfigurationError(
                "the form names a source and no application; give both, or neither"
            )
        return run_request.request(context, DAY)
    others = ("start", "end", "restate_ids", "reason", "person")
    if any(context["params"].get(name) is not None for name in others):
        raise ConfigurationError(
            "the form names an application and a window, ids, a reason or a person; give one"
        )
    if run_request.run_type(context) == "backfill":
        raise ConfigurationError("the form of a backfill names an application; trigger it by hand")
    feed = _feed(context)
    subject = _checked(case, feed)
    applied_at = _field(feed, "applied_at")
    start, end = day_of(fields.moment(f"application, {applied_at}", case[applied_at]))
    return Request(start, end, Kind.CASE, str(context["dag_run"].run_id), restated_ids=(subject,))


def prepare(context: Mapping[str, Any]) -> None:
    """Skip a source without applications, and deliver the application of the form."""
    steps.skip_without(FEED)
    deliver(context)


def deliver(context: Mapping[str, Any]) -> str | None:
    """Put the form's application into the landing area; return the object's name.

    The name follows from the content: a second try delivers nothing new.

    Raises:
        ConfigurationError: the form makes no sense, ingest would reject the application, or the
            source takes no JSON; nothing was delivered.
    """
    from features.ingest.trial import objections
    from features.platform.settings import get_settings
    from features.platform.storage import object_store

    request(context)  # checks the form
    if (case := _case(context)) is None:
        return None
    feed = _feed(context)
    if wrong := objections(case, feed, plain(context["dag_run"].run_after)):
        raise ConfigurationError(f"the application cannot be taken: {'; '.join(wrong)}")
    content = json.dumps(case, sort_keys=True).encode() + b"\n"
    name = f"{feed.folder}/case_{hashlib.sha256(content).hexdigest()[:32]}.jsonl"
    object_store(get_settings()).put_if_absent(name, content)
    return name


def _case(context: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the form's application with the time at which it was made."""
    case = context["params"].get("application")
    if case is None:
        return None
    if not isinstance(case, dict) or not case:
        raise ConfigurationError(
            "application is no JSON object with fields; write one, or leave the form empty"
        )
    made = plain(context["dag_run"].run_after).isoformat()
    return {_field(_feed(context), "applied_at"): made, **case}


def _feed(context: Mapping[str, Any]) -> SourceFeed:
    """Return the feed that takes the form's application.

    Raises:
        ConfigurationError: no feed takes JSON, or several do and the form names none of them.
    """
    from features.platform.settings import get_settings
    from features.sources.source_set import source_set

    settings = get_settings()
    able = {
        feed.source: feed for feed in source_set(settings).of_feed(FEED) if "jsonl" in feed.formats
    }
    if not able:
        raise ConfigurationError(
            f"the sources {settings.sources!r} take no single application as JSON: add jsonl to "
            f"the key `formats` of their feed of {FEED}"
        )
    name = context["params"].get("source")
    if name is None and len(able) == 1:
        return next(iter(able.values()))
    if not isinstance(name, str) or name not in able:
        raise ConfigurationError(
            f"source names none of the sources that take an application; choose one of "
            f"{', '.join(sorted(able))}"
        )
    return able[name]


def _field(feed: SourceFeed, canonical: str) -> str:
    """Return the field whose text is the value of a canonical column.

    Raises:
        ConfigurationError: the source makes the value of several fields, or writes it in a form of
            its own, so that a run cannot know it before the file is read.
    """
    description = feed.columns.get(canonical)
    if description is None or description.column is None or not description.is_plain:
        raise ConfigurationError(
            f"the form takes {canonical} as it is, and columns.{canonical} of {feed.source} states "
            "a spelling of its own: deliver the application as a file"
        )
    return description.column


def _checked(case: Mapping[str, Any], feed: SourceFeed) -> str:
    """Check the kinds of the application's values; return its id.

    `deliver` asks later whether ingest would admit the values. This check refuses a value that a
    file would turn into another one, such as an id that is `true`.
    """
    from features.feeds import FEEDS, ColumnKind

    if wrong := fields.flaw(case):
        raise ConfigurationError(f"application {wrong}; nothing can store that")
    if fields.holds_card_number(case):
        raise ConfigurationError(f"application {fields.CARD_NUMBER}")
    subject = _field(feed, "application_id")
    if subject not in case:
        raise ConfigurationError(f"the application has no {subject!r}; give it one")
    kinds = {column.name: column.kind for column in FEEDS[FEED].columns}
    for canonical in feed.columns:
        name = feed.delivered_name(canonical) or ""
        value, where = case.get(name), f"application, {name}"
        if name in case and kinds.get(canonical) is ColumnKind.ID:
            fields.identifier(where, value)
        elif value is not None and kinds.get(canonical) is ColumnKind.TEXT:
            fields.text(where, value, LONGEST_TEXT)
    return str(case[subject])
