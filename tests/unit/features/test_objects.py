"""Object names come from outside and never lead out of the store."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from features.platform.errors import ConfigurationError
from features.platform.object_names import UnsafeNameError, check_name
from features.platform.objects import open_store

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


def test_entries_that_are_not_files_are_skipped_with_a_note_and_hide_no_file(
    tmp_path: Path,
) -> None:
    root = tmp_path / "store"
    (root / "of_files.csv").mkdir(parents=True)
    (root / "a.csv").write_bytes(b"a")
    (root / "of_files.csv" / "b.csv").write_bytes(b"b")
    (root / "same.csv").symlink_to("a.csv")
    (root / "loop.csv").symlink_to("loop.csv")
    (root / "nowhere.csv").symlink_to("nowhere/at/all.csv")
    (root / "outside.csv").symlink_to(tmp_path / "secret.csv")
    (root / "device.csv").symlink_to("/dev/zero")
    (root / "folders.csv").symlink_to(".")
    (tmp_path / "secret.csv").write_bytes(b"secret")
    os.mkfifo(root / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listener, capture_logs() as logs:
        listener.bind(str(root / "socket.csv"))
        names = [info.name for info in open_store(root.as_uri()).list("")]

    assert names == ["a.csv", "of_files.csv/b.csv", "same.csv"]
    assert {line["object_name"]: line["reason"] for line in logs} == {
        "'loop.csv'": "a link to itself",
        "'nowhere.csv'": "a link to nothing",
        "'outside.csv'": "a link that leads out of the store",
        "'device.csv'": "a link that leads out of the store",
        "'folders.csv'": "a link to a folder",
        "'pipe.csv'": "a pipe",
        "'socket.csv'": "a socket",
    }


@pytest.mark.parametrize("kind", ["pipe", "socket", "loop", "link", "folder"])
def test_a_listed_file_replaced_by_a_pipe_does_not_block_the_reader(
    tmp_path: Path, kind: str
) -> None:
    store, path = open_store(tmp_path.as_uri()), tmp_path / "a.csv"
    with socket.socket(socket.AF_UNIX) as listener:
        match kind:
            case "pipe":
                os.mkfifo(path)
            case "socket":
                listener.bind(str(path))
            case "loop":
                path.symlink_to("a.csv")
            case "link":
                path.symlink_to("nowhere.csv")
            case _:
                path.mkdir()

        with pytest.raises(FileNotFoundError):
            store.open("a.csv")
