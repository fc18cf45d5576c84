"""A feed takes the files of its folder whose names match its patterns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from features.ingest.waiting import belongs
from features.platform.errors import ConfigurationError
from features.sources import descriptions
from tests.unit.features.ingest.reading import COLUMNS, a_feed

FOLDER = "landing/shop/transactions"


@pytest.mark.parametrize(
    ("patterns", "name", "is_taken"),
    [
        ("tx_*.csv", "tx_1.csv", True),
        ("tx_*.csv", "history/tx_1.csv", True),
        ("tx_*.csv", "2026/03/tx_1.csv", True),
        ("tx_*.csv", "labels_1.csv", False),
        ("tx_*.csv", "TX_1.csv", False),
        (["tx_*.csv", "*.xlsx"], "a.xlsx", True),
        ("2026/*/tx_?.csv", "2026/03/tx_1.csv", True),
        ("2026/*/tx_?.csv", "2025/03/tx_1.csv", False),
        ([], "any.csv", True),
    ],
)
def test_a_pattern_selects_files(patterns: Any, name: str, is_taken: bool) -> None:
    assert belongs(f"{FOLDER}/{name}", a_feed(files=patterns)) is is_taken


def _load(folder: Path, *patterns: str | None) -> descriptions.Sources:
    feeds = {
        name: {"feed": "transactions", "folder": FOLDER, "columns": COLUMNS}
        | ({"files": pattern} if pattern else {})
        for name, pattern in zip(("pos", "web"), patterns, strict=True)
    }
    path = folder / "shop.yaml"
    path.write_text(json.dumps({"description": "x", "maturity_days": 7, "feeds": feeds}))
    return descriptions.load(str(path))


def test_two_feeds_may_share_a_folder_by_patterns(tmp_path: Path) -> None:
    assert [feed.files for feed in _load(tmp_path, "pos_*", "web_*").feeds.values()] == [
        ("pos_*",),
        ("web_*",),
    ]


@pytest.mark.parametrize("patterns", [("pos_*", None), ("a*", "a*")])
def test_two_feeds_that_may_take_one_file_are_refused(
    tmp_path: Path, patterns: tuple[str | None, str | None]
) -> None:
    with pytest.raises(ConfigurationError, match="or patterns of its names as files"):
        _load(tmp_path, *patterns)


def test_the_form_of_files_is_inherited_from_the_source(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    described = {
        "description": "x",
        "maturity_days": 7,
        "encoding": "latin-1",
        "match_header": "folded",
        "json": {"records": "data"},
        "excel": {"sheet": "Rows"},
        "formats": ["txt"],
        "feeds": {"transactions": {"columns": COLUMNS, "encoding": "utf-16"}},
    }
    path.write_text(json.dumps(described))

    feed = descriptions.load(str(path)).feeds["transactions"]

    assert (feed.encoding, feed.match_header) == ("utf-16", "folded")
    assert (feed.json_form.path, feed.excel.sheet) == (("data",), "Rows")
    assert feed.formats == ("txt",)
