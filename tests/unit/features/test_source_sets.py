"""Several sources, and several feeds of one kind, fill one warehouse under names of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from features.platform.errors import ConfigurationError
from features.sources import descriptions
from features.sources.descriptions import Sources
from features.sources.inclusion import files_of
from tests.unit.features.test_sources import MINIMAL

CARD = MINIMAL["feeds"]["transactions"]
LABELS = {
    "formats": ["csv"],
    "columns": {"transaction_id": "ID", "is_fraud": "BAD", "provenance": {"constant": "bank"}},
}


def write(folder: Path, **sources: dict[str, Any]) -> None:
    """Write descriptions, each the minimal one with changes."""
    for name, changes in sources.items():
        text = json.dumps(MINIMAL | changes)  # JSON is YAML without anchors
        (folder / f"{name}.yaml").write_text(text)


def load(folder: Path, name: str = "all") -> Sources:
    return descriptions.load(name, folder=folder)


def names(sources: Sources) -> list[tuple[str, str, str]]:
    """Return source, kind and folder of each feed, as the register and the landing area have it."""
    return [(feed.source, feed.name, feed.folder) for feed in sources.feeds.values()]


def test_one_source_has_several_feeds_of_one_kind(tmp_path: Path) -> None:
    write(tmp_path, all={"feeds": {"web": CARD | {"feed": "transactions"}, "transactions": CARD}})

    sources = load(tmp_path)

    assert names(sources) == [
        ("all.web", "transactions", "landing/all/web"),
        ("all", "transactions", "landing/all/transactions"),
    ]
    assert sources.of_feed("transactions") == tuple(sources.feeds.values())
    assert sources.of_feed("applications") == ()
    assert sources.described("all.web", "transactions") is sources.feeds["web"]
    assert sources.described("web", "transactions") is None


def test_included_sources_keep_the_names_that_they_have_alone(tmp_path: Path) -> None:
    write(
        tmp_path,
        pos={},
        web={"feeds": {"shop": CARD | {"feed": "transactions"}}},
        all={
            "include": ["pos", "web"],
            "provenance_rank": ["bank"],
            "feeds": {"transaction_labels": LABELS},
        },
    )

    sources = load(tmp_path)

    assert names(sources) == [
        ("pos", "transactions", "landing/pos/transactions"),
        ("web.shop", "transactions", "landing/web/shop"),
        ("all", "transaction_labels", "landing/all/transaction_labels"),
    ]
    assert names(sources)[:2] == [*names(load(tmp_path, "pos")), *names(load(tmp_path, "web"))]
    assert list(sources.feeds) == ["pos.transactions", "web.shop", "transaction_labels"]


def test_the_keys_of_the_set_apply_and_the_form_of_a_file_is_its_source_s_own(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        pos={"time_zone": "Europe/Vienna", "csv": {"delimiter": ";"}, "maturity_days": 30},
        web={"decide_from": "2020-01-01T00:00:00Z"},
        all={"include": ["pos", "web"], "time_zone": "UTC", "csv": {"delimiter": "|"}, "feeds": {}},
    )

    sources = load(tmp_path)

    assert (sources.maturity_days, sources.decide_from) == (7, None)
    assert [feed.time_zone for feed in sources.feeds.values()] == ["Europe/Vienna", "UTC"]
    assert [feed.csv.delimiter for feed in sources.feeds.values()] == [";", None]


def test_a_source_that_two_others_include_joins_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        rates={"feeds": {"shop": CARD | {"feed": "transactions"}}},
        pos={"include": ["rates"]},
        web={"include": ["rates"]},
        all={"include": ["pos", "web"], "feeds": {}},
    )

    assert list(load(tmp_path).feeds) == ["pos.transactions", "rates.shop", "web.transactions"]
    assert [path.stem for path in files_of(tmp_path / "all.yaml", tmp_path)] == [
        "all",
        "web",
        "rates",
        "pos",
    ]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a circle": ({"include": ["back"]}, "include: a circle: all includes back includes all"),
    "itself": ({"include": ["all"]}, "include: a circle: all includes all"),
    "an unknown source": ({"include": ["poss"]}, "no source is named 'poss': did you mean 'pos'"),
    "a path": ({"include": ["./pos.yaml"]}, "give the name of the source alone"),
    "one name without a list": ({"include": "pos"}, "include: Input should be a valid array"),
    "a faulty part": ({"include": ["bad"]}, "bad.yaml: line "),
    "no feed": ({"feeds": {}}, "feeds: the source has no feed"),
    "a name without its kind": ({"feeds": {"web": CARD}}, "feeds.web: 'web' is a name of your own"),
    "an unknown kind": (
        {"feeds": {"web": CARD | {"feed": "payments"}}},
        "feeds.web.feed: Input should be 'fx_rates'",
    ),
    "the name of another kind": (
        {"feeds": {"applications": CARD | {"feed": "transactions"}}},
        "feeds.applications.feed: applications is the name of another feed",
    ),
    "a name that is no folder": (
        {"feeds": {"Web Shop": CARD | {"feed": "transactions"}}},
        "feeds.Web Shop: a name has 1 to 30",
    ),
    "a name of the register": (
        {"feeds": {"transactions": CARD | {"source": "pos"}}},
        "leave it out",
    ),
    "one folder twice": (
        {
            "feeds": {
                "transactions": CARD,
                "web": CARD | {"feed": "transactions", "folder": "landing/all/transactions/web"},
            }
        },
        "feeds.web.folder: landing/all/transactions/web overlaps the folder of transactions",
    ),
    "an unranked provenance of a part": ({"include": ["ranked"]}, "provenance_rank: lacks 'bank'"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG.keys())
def test_sources_that_are_no_set_are_refused_with_file_and_key(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    ranked = {"provenance_rank": ["bank"], "feeds": {"transaction_labels": LABELS}}
    write(
        tmp_path,
        pos={},
        back={"include": ["all"]},
        bad={"maturity_days": -1},
        ranked=ranked,
        all=changes,
    )

    with pytest.raises(ConfigurationError, match=r"\.yaml") as caught:
        load(tmp_path)

    assert message in str(caught.value)
