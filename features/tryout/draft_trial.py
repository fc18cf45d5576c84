"""Try a draft on its own file by the rules of ingest, and take back the guesses that fail.

A guess of an optional column that rejects rows is dropped; a guess of a key that repeats becomes a
digest of the row. So a draft accepts most rows of its file, or says which it does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet

from features.feeds import FEEDS
from features.ingest.hold_remedies import reason_of
from features.ingest.reasons import HoldReason, RowReason
from features.platform.errors import ScoringError
from features.sources import descriptions
from features.tryout.check import Place, check_file
from features.tryout.check_text import place_of, share
from features.tryout.draft_yaml import text_of
from features.tryout.drafts import Draft, Entry, FeedDraft
from features.tryout.findings import FeedCheck, Rejection
from features.tryout.sample import sampled_bytes

MOST_BYTES = 48 << 20
_ROUNDS = 4
_TOO_MANY = 0.02
_DELIVERED = frozenset(("column", "columns", "product"))
#: By reason: the option that accepts the rows, its value, and the doubt about it.
_OPTIONS: Mapping[str, tuple[str, str, str]] = {
    RowReason.IDENTIFIER_IN_FLOAT_NOTATION: (
        "floats",
        "whole",
        "CHECK: an export wrote whole numbers in floating point, such as 596.0",
    ),
    RowReason.AMOUNT_TOO_PRECISE: (
        "rounding",
        "binary",
        "CHECK: some amounts are finer than the minor unit; they are rounded",
    ),
}


@dataclass(frozen=True, slots=True)
class Tried:
    """A draft after its trial.

    Attributes:
        text: the YAML.
        checks: of each feed, in the order of the draft; none for an incomplete draft.
        problem: why the draft cannot be loaded, or None.
    """

    text: str
    checks: tuple[FeedCheck, ...] = ()
    problem: str | None = None


def tried(draft: Draft, path: Path) -> Tried:
    """Return a draft that has been tried on its file."""
    if not draft.is_complete:
        missing = ", ".join(name for feed in draft.feeds for name in feed.missing)
        sentence = f"TODO: it cannot be loaded before these columns are named: {missing}"
        return Tried(text_of(draft, [sentence]), (), sentence)
    with TemporaryDirectory(prefix="draft-") as folder:
        place = _place(draft, path, Path(folder))
        checks: list[FeedCheck] = []
        for _ in range(_ROUNDS):
            try:
                checks = _checked(draft, place, Path(folder))
            except ScoringError as error:
                problem = str(error).splitlines()[0]
                return Tried(text_of(draft, [f"TODO: {problem}"]), (), problem)
            mended = [_read_quotes_as_text(draft, each) for each in checks[:1]]
            mended += [_mended(feed, each) for feed, each in zip(draft.feeds, checks, strict=True)]
            if not any(mended):
                break
        draft.notes += [note for each in checks for note in _period(each)]
        sentences = [sentence for each in checks for sentence in _sentences(each)]
        return Tried(text_of(draft, sentences), tuple(checks))


def _place(draft: Draft, path: Path, folder: Path) -> Place:
    """Return the file, or a smaller one with the sampled rows."""
    if path.stat().st_size <= MOST_BYTES:
        return Place(path)
    sample = draft.sample
    if sample.types:
        small = folder / "sample.parquet"
        pyarrow.parquet.write_table(pa.table(dict(sample.columns)), str(small))
        return Place(small)
    small = folder / f"sample.{sample.format}"
    small.write_bytes(sampled_bytes(path))
    return Place(small)


def _checked(draft: Draft, place: Place, folder: Path) -> list[FeedCheck]:
    file = folder / f"{draft.name}.yaml"
    file.write_text(text_of(draft), encoding="utf-8")
    sources = descriptions.load(str(file))
    return [check_file(place, sources, sources.feeds[feed.name]) for feed in draft.feeds]


def _read_quotes_as_text(draft: Draft, check: FeedCheck) -> bool:
    """Change the form of a file that is held over a quote; return whether it was changed."""
    form = draft.sample.text
    is_held = reason_of(check.hold) in (HoldReason.MULTILINE_FIELD, HoldReason.STRAY_QUOTE)
    if form is None or form.quoting == "none" or not is_held:
        return False
    plain = replace(form, quoting="none", multiline_fields=False, escape="doubled")
    draft.sample = replace(draft.sample, text=plain)
    return True


def _mended(feed: FeedDraft, check: FeedCheck) -> bool:
    """Take back the guesses that reject many rows; return whether one was taken back."""
    declared, is_mended = FEEDS[feed.name], False
    for rejection in check.rejections:
        if rejection.reason == RowReason.AMOUNT_NOT_POSITIVE:
            is_mended |= _allow(feed, rejection)
        name = rejection.column or ""
        if rejection.rows <= _TOO_MANY * check.rows or name not in feed.columns:
            continue
        column = declared.column(name)
        if option := _OPTIONS.get(rejection.reason):
            is_mended |= _with_option(feed, name, *option)
        elif rejection.reason == RowReason.CARD_NUMBER and name not in feed.numeric_id:
            feed.numeric_id.append(name)
            is_mended = True
        elif not column.is_required and not column.is_filled:
            del feed.columns[name]
            feed.comments.append(
                f"{name} is not read from {rejection.delivered}: {rejection.rows:,} rows would be "
                f"rejected ({rejection.reason})"
            )
            is_mended = True
    key = next(column.name for column in declared.columns if column.is_key)
    conflicts = check.repeats.conflicts
    if conflicts > 0.001 * check.rows and _is_joined(feed.columns.get(key)):
        why = f"{conflicts:,} rows share the guessed columns, so equal rows count once"
        feed.columns[key] = Entry(key, {"generate": "content_hash"}, (why,))
        feed.numeric_id = [name for name in feed.numeric_id if name != key]
        is_mended = True
    return is_mended


def _with_option(feed: FeedDraft, name: str, key: str, option: str, why: str) -> bool:
    """State an option of a column that has none; return whether it is new."""
    entry = feed.columns[name]
    value = {"column": entry.value} if isinstance(entry.value, str) else entry.value
    if not isinstance(value, dict) or key in value or value.keys().isdisjoint(_DELIVERED):
        return False
    feed.columns[name] = Entry(name, {**value, key: option}, (*entry.comments, why))
    return True


def _allow(feed: FeedDraft, rejection: Rejection) -> bool:
    """Allow the zeros that were too rare for the sample; return whether they were refused."""
    is_known = any(entry.name == "allow_zero_amount" for entry in feed.keys)
    zeros = [each.value for each in rejection.examples if not re.search("[1-9]", each.value)]
    if is_known or not zeros:
        return False
    why = "some amounts are zero; they are checks of a card"
    feed.keys.append(Entry("allow_zero_amount", value=True, comments=(why,)))
    return True


def _is_joined(entry: Entry | None) -> bool:
    return entry is not None and isinstance(entry.value, dict) and "columns" in entry.value


def _sentences(check: FeedCheck) -> Sequence[str]:
    """Return how a feed of the draft reads the file."""
    sentences = [
        f"tried on {check.rows:,} rows as {check.feed}: "
        f"{share(check.accepted, check.rows)} accepted"
    ]
    sentences += [
        f"TODO: {each.rows:,} rows are rejected: {each.reason} in "
        f"{place_of(each.column, each.delivered)}" + (f"; {each.remedy}" if each.remedy else "")
        for each in check.rejections[:5]
    ]
    if check.hold:
        sentences.append(f"TODO: ingest would hold the file: {check.hold}")
    return sentences


def _period(check: FeedCheck) -> Sequence[str]:
    if not check.days:
        return ()
    days, total, rows = list(check.days), sum(check.days.values()), 0
    boundary = days[-1]
    for day in days:
        if rows >= 0.9 * total:
            boundary = day
            break
        rows += check.days[day]
    return (
        f"the rows reach from {days[0]} to {days[-1]} (UTC); to try decisions on the last tenth "
        f"of them, write decide_from: {boundary}T00:00:00Z",
    )
