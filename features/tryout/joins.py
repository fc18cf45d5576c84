"""Join the keys of a checked file with those of further files, as a trial of what loading finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.feeds import ColumnKind
from features.platform.errors import ConfigurationError
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed
from features.tryout.check import Observer, Place, check_file
from features.tryout.findings import FeedCheck, Join
from features.tryout.hashes import Hashes, hashed
from features.tryout.spreads import LabelMonth, Labels, flags_of, months_of


class KeyColumn:
    """Collects the hashes of one column, and the months of the rows where they have a time."""

    def __init__(self, target: str, event: str | None = None) -> None:
        self.target, self.event = target, event
        self._hashes: list[Hashes] = []
        self._months: list[npt.NDArray[np.int64]] = []

    def __call__(self, typed: pa.Table) -> None:
        """Take the accepted rows of a chunk."""
        self._hashes.append(hashed(typed.column(self.target)))
        if self.event:
            self._months.append(months_of(typed.column(self.event)))

    @property
    def hashes(self) -> Hashes:
        """The hashes of all rows."""
        return np.concatenate(self._hashes) if self._hashes else np.zeros(0, np.uint64)

    @property
    def months(self) -> npt.NDArray[np.int64]:
        """The months of all rows."""
        return np.concatenate(self._months) if self._months else np.zeros(0, np.int64)


class KeyedLabels:
    """Collects the keys of a feed of labels, and the flag of each."""

    def __init__(self, target: str, label: str) -> None:
        self._target, self._label = target, label
        self._hashes: list[Hashes] = []
        self._flags: list[npt.NDArray[np.int8]] = []

    def __call__(self, typed: pa.Table) -> None:
        """Take the accepted rows of a chunk."""
        self._hashes.append(hashed(typed.column(self._target)))
        label = typed.column(self._label).combine_chunks()
        if pa.types.is_boolean(label.type):
            self._flags.append(flags_of(label))
        else:
            bad, good = (np.array([text == word for text in label.to_pylist()]) for word in _ENDS)
            self._flags.append(np.where(bad, 1, np.where(good, 0, -1)).astype(np.int8))

    def of(self, keys: Hashes) -> npt.NDArray[np.int8]:
        """Return the label of each key: 1, 0, or -1 without one; the last statement counts."""
        if not self._hashes or not len(keys):
            return np.full(len(keys), -1, np.int8)
        hashes, flags = np.concatenate(self._hashes), np.concatenate(self._flags)
        order = np.argsort(hashes, kind="stable")
        hashes, flags = hashes[order], flags[order]
        places = np.searchsorted(hashes, keys, side="right") - 1
        is_known = (places >= 0) & (hashes[np.maximum(places, 0)] == keys)
        return np.where(is_known, flags[np.maximum(places, 0)], -1).astype(np.int8)


#: How a loan ends badly and well; other outcomes leave it open.
_ENDS = ("charged_off", "fully_paid")


def files_of(text: str, sources: Sources) -> tuple[SourceFeed, list[Place]]:
    """Return the feed and the files of an argument such as `customers=FILE`, or of a folder.

    Raises:
        ConfigurationError: the argument has another form, or names no feed or no file.
    """
    name, mark, path = text.partition("=")
    if not mark or not path:
        raise ConfigurationError(
            f"--with {Place(Path(text)).shown}: write the feed and its file, such as "
            f"{next(iter(sources.feeds))}=FILE"
        )
    if name not in sources.feeds:
        raise ConfigurationError(
            f"--with {name}: source {sources.name!r} has no such feed; it has "
            f"{', '.join(sources.feeds)}. Describe the feed under `feeds:` first"
        )
    place = Path(path)
    files = [place] if place.is_file() else sorted(filter(Path.is_file, place.glob("*")))
    if not files:
        raise ConfigurationError(f"--with {name}: there is no file at {Place(place).shown}")
    return sources.feeds[name], [Place(file) for file in files]


def key_of(main: SourceFeed, other: SourceFeed) -> str:
    """Return the canonical column that joins a feed with another one.

    Raises:
        ConfigurationError: the feeds have no column in common that is a key.
    """
    names = {column.name for column in main.landed_columns}
    for column in other.declaration.columns:
        if column.is_key and column.name in names:
            return column.name
    keys = ", ".join(column.name for column in other.declaration.columns if column.is_key)
    raise ConfigurationError(
        f"--with {other.name}: {main.name} has no column {keys} to join the files by"
    )


def joined(
    check: FeedCheck,
    main: SourceFeed,
    keys: Mapping[str, KeyColumn],
    others: Iterable[tuple[SourceFeed, list[Place]]],
    sources: Sources,
) -> tuple[list[Join], list[LabelMonth], str]:
    """Return the joins with other files, and the labels that one of them gives.

    Args:
        check: the check of the main file.
        main: its feed.
        keys: the collected keys by canonical name.
        others: feeds and their files.
        sources: the description.
    """
    joins: list[Join] = []
    labels, label_name = list(check.labels), check.label_name
    for other, places in others:
        name = key_of(main, other)
        observer = KeyColumn(other.declaration.column(name).target)
        label = _label_of(other)
        keyed = KeyedLabels(observer.target, label) if label else None
        observers: list[Observer] = [observer, *([keyed] if keyed else [])]
        checks = [check_file(place, sources, other, observers=observers) for place in places]
        if held := next((each for each in checks if each.hold and not each.rows), None):
            raise ConfigurationError(f"--with {other.name}: {held.file} is unusable: {held.hold}")
        known = np.unique(observer.hashes)
        column = keys[name]
        used = np.unique(column.hashes)
        joins.append(
            Join(
                other.name,
                len(places),
                name,
                len(column.hashes),
                int(np.isin(column.hashes, known).sum()),
                len(known),
                int((~np.isin(known, used)).sum()),
                sum(each.rejected for each in checks),
            )
        )
        if keyed and column.event:
            counter = Labels()
            counter.add(column.months, keyed.of(column.hashes))
            labels, label_name = counter.by_month(), label or ""
    return joins, labels, label_name


def _label_of(feed: SourceFeed) -> str | None:
    """Return the target column of the label of a feed of labels, or None."""
    for kind in (ColumnKind.FLAG, ColumnKind.OUTCOME):
        column = feed.declaration.column_of(kind)
        if column and column.is_required and not feed.declaration.event:
            return column.target
    return None
