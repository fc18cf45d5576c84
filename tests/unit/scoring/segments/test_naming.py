"""Every name of the table can be reached, and empty segments are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.platform.errors import ConfigurationError
from scoring.segments import naming
from scoring.segments.identity import LEVELS, placed
from scoring.segments.model import POOLED, MerchantSegments, SegmentModel
from scoring.segments.points import Scale
from tests.unit.scoring.segments.customers import drawn

TABLE = naming.load()
NAMES = [entry.name for entry in TABLE.names]


def segments_at(names: list[str]) -> MerchantSegments:
    """Return segments at the places of names."""
    places = np.array([entry.place for entry in TABLE.names if entry.name in names])
    centroids = placed(places, np.arange(len(places)))
    return MerchantSegments(Scale.of(drawn(500)), centroids, naming.names_of(centroids, TABLE))


def test_there_is_a_name_for_each_of_eight_segments() -> None:
    assert len(NAMES) >= len(LEVELS)
    assert TABLE.guests not in NAMES
    assert any(entry.is_inactive for entry in TABLE.names)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_can_be_reached_by_a_real_customer(name: str) -> None:
    others = [other for other in NAMES if other != name][:7]
    segments = segments_at([name, *others])
    model = SegmentModel().of({POOLED: segments}, "2026-10-31")
    level = list(segments.names).index(name)
    days, purchases, spend = segments.scale.raw(segments.centroids[[level]])[0]

    customer = np.array([[round(days), max(round(purchases), 1), round(spend, 2)]])

    assert segments.names[int(model.predict(customer)[0, 0])] == name


def test_two_segments_never_share_a_name() -> None:
    centroids = placed(np.zeros((8, 3)), np.arange(8))

    assert len(set(naming.names_of(centroids, TABLE))) == 8


def test_an_unused_level_has_no_name() -> None:
    assert segments_at(NAMES[:4]).names[4:] == [""] * 4


def test_kept_names_are_not_given_again() -> None:
    centroids = placed(np.zeros((4, 3)), np.arange(4))

    names = naming.names_of(centroids, TABLE, {2: NAMES[0]})

    assert names[2] == NAMES[0]
    assert len(set(names[:4])) == 4


def test_a_segment_without_a_customer_is_named() -> None:
    assert naming.empty_names(["a", "b", "", "d"], [3, 0, 0, 0]) == ["b", "d"]


def test_an_unknown_version_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"no table of segment names 1999.*2026\.12\.1"):
        naming.load("1999")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("version: a\nguests: g\nnames:\n  - name: x\n", "lacks 'recency'"),
        ("version: b\nguests: g\nnames: []\n", "another one"),
    ],
)
def test_a_table_with_a_fault_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "a.yaml").write_text(text)

    with pytest.raises(ConfigurationError, match=problem):
        naming.load("a", tmp_path)
