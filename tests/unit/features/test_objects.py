"""Names of objects come from outside and never lead anywhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from features.errors import ConfigurationError
from features.object_names import UnsafeNameError, check_name
from features.objects import open_store

UNSAFE = [
    "",
    "/etc/passwd",
    "../a",
    "a/../b",
    "a//b",
    "a/./b",
    "a/",
    "a\0b",
    "a\\b",
    "x" * 300,
    "é" * 500,
]


@pytest.mark.parametrize("name", UNSAFE)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UnsafeNameError):
        check_name(name)


@pytest.mark.parametrize("name", ["a", "a/b.csv", "a/..b", "Zürich/ä b.csv", "-rf", "a/$(x)"])
def test_an_odd_name_is_only_a_name(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("url", ["ftp://x", "s3://", "/folder", "gs://bucket"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="neither"):
        open_store(url)


def test_a_link_to_itself_hides_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "nowhere.csv").symlink_to("nowhere/at/all.csv")
    os.mkfifo(tmp_path / "pipe.csv")

    assert [info.name for info in open_store(tmp_path.as_uri()).list("")] == ["a.csv"]
