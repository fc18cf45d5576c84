"""Reads a CSV file of proposed exceptions: sound lines apart from those that are refused. Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime

from features.platform.card_numbers import mask
from features.platform.errors import ConfigurationError
from features.platform.moments import parse_moment
from scoring.decision.policy.policy import Policy
from scoring.exceptions.proposal import Kind, Proposal, require_sound

COLUMNS = ("kind", "customer_id", "merchant_id", "rule_id", "from", "until", "reason")
MOST_LINES = 10_000
MOST_BYTES = 8_000_000
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that is no exception.

    Attributes:
        line: its number in the file; the header is line 1.
        content: its fields by column, card numbers masked.
        reason: in words.
    """

    line: int
    content: dict[str, str]
    reason: str


def read(
    content: bytes, person: str, policy: Policy, now: datetime
) -> tuple[list[Proposal], list[RejectedLine]]:
    """Read the lines of a file.

    Args:
        content: CSV in UTF-8 with the columns of `COLUMNS`; an empty `from` is now.
        person: who proposes all of them.
        policy: the policy in force.
        now: the moment of the proposal.

    Returns:
        The proposals in the order of their lines, and the refused lines.

    Raises:
        ConfigurationError: the file is no CSV in UTF-8, has other columns, or is too long.
    """
    rows = _rows(content)
    proposals, rejected = [], []
    seen: dict[tuple[str | None, ...], int] = {}
    for line, fields in rows:
        shown = dict(zip((*COLUMNS, "beyond"), [*fields, *[""] * len(COLUMNS)], strict=False))
        try:
            proposal = _proposal(fields, person, now)
            require_sound(proposal, policy, now)
            key = (proposal.kind, proposal.customer_id, proposal.merchant_id, proposal.rule_id)
            _require_first(seen.setdefault(key, line), line)
            proposals.append(proposal)
        except ConfigurationError as error:
            kept = {name: _storable(text) for name, text in shown.items() if text}
            rejected.append(RejectedLine(line, kept, _storable(str(error))))
    return proposals, rejected


def _rows(content: bytes) -> list[tuple[int, list[str]]]:
    if len(content) > MOST_BYTES:
        raise ConfigurationError(f"the file is longer than {MOST_BYTES:,} bytes: divide it")
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = tuple(next(reader, ()))
        rows = [(reader.line_num, fields) for fields in reader if fields]
    except UnicodeDecodeError:
        raise ConfigurationError("the file is not in UTF-8: save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise ConfigurationError(f"the file is no CSV: {error}") from None
    if header != COLUMNS:
        raise ConfigurationError(f"the first line of the file must be: {','.join(COLUMNS)}")
    if len(rows) > MOST_LINES:
        raise ConfigurationError(
            f"the file has {len(rows):,} lines, and one file has at most {MOST_LINES:,}: divide it"
        )
    return rows


def _require_first(first: int, line: int) -> None:
    if first != line:
        raise ConfigurationError(f"the line repeats the exception of line {first}")


def _proposal(values: list[str], person: str, now: datetime) -> Proposal:
    if len(values) != len(COLUMNS):
        raise ConfigurationError(
            f"the line has {len(values)} fields, and the header has {len(COLUMNS)}"
        )
    fields = dict(zip(COLUMNS, values, strict=True))
    if fields["kind"] not in set(Kind):
        raise ConfigurationError(
            f"{fields['kind'][:80]!r} is no kind of exception; it is one of {', '.join(Kind)}"
        )
    return Proposal(
        kind=Kind(fields["kind"]),
        customer_id=fields["customer_id"] or None,
        merchant_id=fields["merchant_id"] or None,
        rule_id=fields["rule_id"] or None,
        effective_from=_moment("from", fields["from"]) if fields["from"] else now,
        effective_until=_moment("until", fields["until"]),
        person=person,
        reason=fields["reason"],
    )


def _moment(name: str, text: str) -> datetime:
    try:
        return parse_moment(text)
    except (ConfigurationError, ValueError) as error:
        raise ConfigurationError(f"{name}: {error}") from None


def _storable(text: str) -> str:
    """Return a text that Postgres can keep as JSON and that names no card number."""
    shown = mask(text)[: 5 * _SHOWN]
    return shown if shown.isprintable() else ascii(shown)
