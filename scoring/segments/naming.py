"""Name segments from a versioned table: each takes the free name whose place is nearest. Pure.

Names follow from centroids and never from thresholds, so every customer has exactly one named
segment, and no name is out of reach because a score is constant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from features.platform import strict_yaml
from features.platform.arrays import Floats
from features.platform.errors import ConfigurationError

FOLDER = Path(__file__).parent / "names"
VERSION = "2026.12.1"
_PLACE = ("recency", "frequency", "monetary")


@dataclass(frozen=True, slots=True)
class Name:
    """One plain name of a segment.

    Attributes:
        name: as readers see it.
        place: [3] recency, frequency and spend in spreads around the mean customer.
        is_inactive: whether its customers have stopped to buy.
        meaning: who is in it, and the advice.
    """

    name: str
    place: tuple[float, float, float]
    is_inactive: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class NameTable:
    """One version of the table.

    Attributes:
        version: the stem of its file.
        guests: the name of the purchases without a customer id.
        names: at least one for each of eight segments.
    """

    version: str
    guests: str
    names: tuple[Name, ...]

    def named(self, text: str) -> Name | None:
        """Return an entry by its name, or None."""
        return next((entry for entry in self.names if entry.name == text), None)


@cache
def load(version: str = VERSION, folder: Path = FOLDER) -> NameTable:
    """Load a version of the table.

    Raises:
        ConfigurationError: there is no such version, or an entry lacks a key or repeats a name.
    """
    path = folder / f"{version}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yaml")))
        raise ConfigurationError(f"there is no table of segment names {version}; known: {known}")
    content = strict_yaml.read(path).content
    try:
        names = tuple(_entry(entry) for entry in content["names"])
        table = NameTable(str(content["version"]), str(content["guests"]), names)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{path.name}: an entry lacks {error}; give version, guests, and for each name "
            "recency, frequency, monetary, is_inactive and meaning"
        ) from error
    if table.version != version or len({entry.name for entry in names}) != len(names):
        raise ConfigurationError(f"{path.name}: its version is another one, or a name repeats")
    return table


def names_of(
    centroids: Floats, table: NameTable, kept: Mapping[int, str] | None = None
) -> list[str]:
    """Return the name of each segment; together they are as near to their places as possible.

    Args:
        centroids: [8, 3] in spreads, by level; NaN for an unused level, whose name is empty.
        table: the names.
        kept: names by level that a refit keeps with their ids.
    """
    names = [""] * len(centroids)
    for level, name in (kept or {}).items():
        names[level] = name
    used = np.flatnonzero(~np.isnan(centroids[:, 0]))
    unnamed = [int(level) for level in used if not names[level]]
    free = [entry for entry in table.names if entry.name not in names]
    places = np.array([entry.place for entry in free])
    cost = np.linalg.norm(centroids[unnamed][:, None, :] - places[None, :, :], axis=2)
    for row, column in zip(*linear_sum_assignment(cost), strict=True):
        names[unnamed[row]] = free[column].name
    return names


def empty_names(names: Sequence[str], counts: Sequence[int]) -> list[str]:
    """Return the names of segments without a customer, for a warning.

    Args:
        names: by level; empty for an unused level.
        counts: customers by level.
    """
    return [name for name, count in zip(names, counts, strict=True) if name and not count]


def _entry(entry: Mapping[str, object]) -> Name:
    recency, frequency, monetary = (float(str(entry[key])) for key in _PLACE)
    return Name(
        str(entry["name"]),
        (recency, frequency, monetary),
        bool(entry["is_inactive"]),
        str(entry["meaning"]),
    )
