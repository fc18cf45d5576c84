"""Declare a feed: its columns, its raw table and its readers; `admissions.py` has how rows enter.

Ingest, the gate of deliveries and the source descriptions derive from a declaration. A column
belongs to its feed alone, so two feeds may give one name to columns of different kinds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from features.feeds.admissions import Facts, Labels, Reference, Versions
from features.feeds.columns import DATED, MONEY, Column, ColumnKind
from features.feeds.leaks import Leak
from features.feeds.readers import Reader
from features.feeds.rules import Companion, Ordering, Pair, Product

#: A history load brings rows of the past. A live load brings rows that are known from now on.
LoadKind = Literal["history", "live"]

# a landed table is named after its feed and the 32 digits of its delivery, in 63 bytes
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_TABLE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
#: Columns that ingest computes beside those of a feed.
_COMPUTED = frozenset(
    (
        *("row_number", "line_count", "version", "content_digest", "known_at", "delivery_id"),
        *("delivery_seq", "is_history", "is_outdated", "source", "valid_from"),
    )
)


@dataclass(frozen=True, slots=True)
class InlineLabels:
    """Labels that the files of another feed may carry in a column of their own.

    Attributes:
        column: holds the label, where a source has it.
        feed: the feed of labels whose raw table takes them.
    """

    column: Column
    feed: Feed

    @property
    def stated(self) -> Column:
        """The column of the labels' feed that takes the label.

        Raises:
            TypeError: a label of that feed is not one value.
        """
        match self.feed.admission:
            case Labels(stated=(name,)):
                return self.feed.column(name)
        raise TypeError(f"a label of {self.feed.name} is not one value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One kind of row that sources deliver. Columns are named by their canonical names.

    Attributes:
        name: of the feed; begins the name of each of its landed tables.
        table: the raw table, with its schema.
        columns: in the order in which they are checked, stored and digested.
        admission: how landed rows enter the raw table.
        read_by: the jobs whose past a load of history would change.
        takes_history: whether loads of history are admitted; live loads always are.
        is_protected: only the fairness report may read the rows, so the feed has no gate.
        never_reads: the delivered columns that may not be mapped to a column of the feed.
        person: the column that names a person; a placeholder there would join all pasts.
        orderings: pairs of columns that may contradict each other.
        pairs: pairs of columns of which one alone means nothing.
        choices: pairs of columns of which a row needs one; it may have both.
        distinct: pairs of columns that never hold the same value.
        companions: columns that only rows with certain words have.
        product: the amount that follows from other columns in rows that do not state it.
        inline_labels: labels that the feed's files may carry.
    """

    name: str
    table: str
    columns: tuple[Column, ...]
    admission: Versions | Labels | Facts | Reference
    read_by: tuple[Reader, ...] = ()
    takes_history: bool = True
    is_protected: bool = False
    never_reads: frozenset[Leak] = frozenset()
    person: str | None = None
    orderings: tuple[Ordering, ...] = ()
    pairs: tuple[Pair, ...] = ()
    choices: tuple[Pair, ...] = ()
    distinct: tuple[Pair, ...] = ()
    companions: tuple[Companion, ...] = ()
    product: Product | None = None
    inline_labels: InlineLabels | None = None

    def __post_init__(self) -> None:
        """Check what the SQL of admission takes for granted.

        Raises:
            ValueError: names what is wrong with the declaration.
        """
        for flaw in chain(self._flaws_of_names(), self._flaws_of_columns()):
            raise ValueError(f"feed {self.name}: {flaw}")

    def _flaws_of_names(self) -> Iterator[str]:
        if not _NAME.fullmatch(self.name):
            yield "the name must be 1 to 30 small letters, digits and _, and begin with a letter"
        if malformed := sorted(name for name in self.tables if not _TABLE.fullmatch(name)):
            yield f"no names of tables with their schema: {', '.join(malformed)}"
        if unknown := sorted(self._mentioned - {column.name for column in self.columns}):
            yield f"mentions columns that it lacks: {', '.join(unknown)}"

    def _flaws_of_columns(self) -> Iterator[str]:
        inline = (self.inline_labels.column,) if self.inline_labels else ()
        targets = [column.target for column in (*self.columns, *inline)]
        if repeated := _repeated(column.name for column in self.columns) | _repeated(targets):
            yield f"declares twice: {', '.join(sorted(repeated))}"
        if computed := sorted(_COMPUTED.intersection(targets)):
            yield f"ingest computes the columns {', '.join(computed)}"
        if not self.key:
            yield "no column is its key"
        if missing := sorted(self._needed_targets.difference(targets)):
            yield f"needs the target columns {', '.join(missing)}"
        if any(map(_is_older, self.columns[1:], self.columns)):
            yield "added columns come last"
        if strange := [name for name in self.amounts if not name.endswith("_minor")]:
            yield f"target columns of money end with _minor: {', '.join(strange)}"
        if self.event and (self.event.kind is not ColumnKind.INSTANT or not self.event.is_required):
            yield f"{self.event.name} is not an instant that every row has"

    @property
    def versions(self) -> Versions | None:
        """The admission of a feed of row versions; None for other feeds."""
        return self.admission if isinstance(self.admission, Versions) else None

    @property
    def event(self) -> Column | None:
        """The column of when a row happened; None where rows are no versions."""
        return self.column(self.versions.event) if self.versions else None

    @property
    def stated_labels(self) -> frozenset[str]:
        """The columns that make a label; a row without one states nothing yet."""
        return frozenset(self.admission.stated if isinstance(self.admission, Labels) else ())

    @property
    def delays_labels(self) -> bool:
        """Whether labels of a history load without a time become known after a delay."""
        return isinstance(self.admission, Labels) and "latencies" in self.admission.first_known_at

    @property
    def suite(self) -> str | None:
        """The suite that a delivery must pass; None for a feed that no gate may read."""
        return None if self.is_protected else f"raw.{self.name}"

    @property
    def tables(self) -> frozenset[str]:
        """The tables that an admission of this feed may fill."""
        versions = (self.versions.table,) if self.versions else ()
        labels = (self.inline_labels.feed.table,) if self.inline_labels else ()
        return frozenset((self.table, *versions, *labels))

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns of the raw table that a delivery fills, in the order of their digest."""
        return tuple(column.target for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        """The target columns that make two rows of one file the same thing."""
        return tuple(column.target for column in self.columns if column.is_key)

    @property
    def subject(self) -> Column:
        """The first column of the key: what has versions or labels."""
        return next(column for column in self.columns if column.is_key)

    @property
    def amounts(self) -> tuple[str, ...]:
        """The target columns that hold money, in minor units of the row's currency."""
        return tuple(column.target for column in self.columns if column.kind in MONEY)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns in which each row needs a value."""
        return tuple(column.name for column in self.columns if column.is_required)

    @property
    def dated(self) -> frozenset[str]:
        """The columns that hold a date or a time."""
        return frozenset(column.name for column in self.columns if column.kind in DATED)

    def column(self, name: str) -> Column:
        """Return one column by its canonical name.

        Raises:
            KeyError: the feed has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"feed {self.name} has no column {name!r}")

    def column_of(self, kind: ColumnKind) -> Column | None:
        """Return the first column of a kind, or None where the feed has none."""
        return next((column for column in self.columns if column.kind is kind), None)

    @property
    def _mentioned(self) -> set[str]:
        """The columns that other parts of the declaration name."""
        names = {name for pair in self.orderings for name in (pair.first, pair.second)}
        pairs = (*self.pairs, *self.choices, *self.distinct)
        names |= {name for pair in pairs for name in (pair.first, pair.second)}
        names |= {name for rule in self.companions for name in (rule.column, rule.beside)}
        names |= {self.person} if self.person else set()
        if self.product:
            names |= {self.product.amount, self.product.quantity, self.product.price}
        match self.admission:
            case Versions(event=event, carried=carried):
                names |= {event, *carried}
            case Labels(stated=stated):
                names |= set(stated)
            case Facts(period=str(period)):
                names.add(period)
            case Facts() | Reference():
                pass
        return names

    @property
    def _needed_targets(self) -> set[str]:
        """The target columns that the SQL of admission names itself."""
        needed = {"currency_code"} if self.amounts else set()
        if isinstance(self.admission, Labels):
            needed |= {"declared_known_at", "provenance"}
        if isinstance(self.admission, Facts):
            needed |= {"declared_known_at"}
            needed |= {"declared_valid_from"} if self.admission.period else set()
        return needed


def _is_older(column: Column, before: Column) -> bool:
    return before.is_added and not column.is_added


def _repeated(names: Iterable[str]) -> set[str]:
    listed = list(names)
    return {name for name in listed if listed.count(name) > 1}
