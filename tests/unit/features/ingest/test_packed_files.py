"""A compressed file is read within the limits, and a zip has one file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable

import pyarrow as pa
import pytest

from tests.unit.features.ingest.reading import ROWS, a_feed, held, land, small, text

PLAIN = text(*ROWS).encode()
FEED = a_feed()
WANTED = land(PLAIN, "a.csv", FEED).rows


def _zst(content: bytes) -> bytes:
    return bytes(pa.compress(content, "zstd", asbytes=True))


def a_zip(**files: bytes) -> bytes:
    """Return a zip; two underscores in a name are a dot."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return target.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": _zst,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.mark.parametrize(("suffix", "pack"), PACKED.items(), ids=PACKED.keys())
def test_a_compressed_file_is_whole_or_held(suffix: str, pack: Callable[[bytes], bytes]) -> None:
    name, content = f"a.csv.{suffix}", pack(PLAIN)

    assert land(content, name, FEED).rows == WANTED
    assert land(pack(PLAIN[:60]) + pack(PLAIN[60:]), name, FEED).rows == WANTED
    assert held(content[:-5], name, FEED).startswith("truncated: ")
    assert held(b"", name, FEED).startswith("truncated: ")
    assert held(b"no such file at all", name, FEED) == f"unreadable: no {suffix}, or a broken one"
    bomb = pack(b"0" * (4 << 20))
    assert held(bomb, name, FEED, small(ratio_floor=1 << 20, ratio=1)).startswith("too_large: ")


@pytest.mark.parametrize("name", ["a.zip", "a.csv.zip"])
def test_a_zip_with_one_file_is_read(name: str) -> None:
    assert land(a_zip(a__csv=PLAIN), name, FEED).rows == WANTED


def test_a_zip_names_the_format_of_its_file() -> None:
    rows = a_zip(a__tsv=PLAIN.replace(b",", b"\t"))

    assert land(rows, "a.zip", FEED).rows == WANTED


ZIPS: dict[str, tuple[bytes, str]] = {
    "several files": (
        a_zip(a__csv=PLAIN, b__csv=PLAIN),
        "unreadable: the zip holds 2 files: 'a.csv', 'b.csv'; send each file as a delivery of its",
    ),
    "no file": (a_zip(), "unreadable: the zip holds 0 files"),
    "an old workbook": (a_zip(a__xls=PLAIN), "unknown_format: "),
    "a zip in a zip": (a_zip(a__zip=a_zip(a__csv=PLAIN)), "unknown_format: "),
    "a cut zip": (a_zip(a__csv=PLAIN)[:-30], "unreadable: no zip, or one that is cut or broken"),
    "damaged bytes": (
        a_zip(a__csv=PLAIN).replace(b"PK\x01\x02", b"PK\x01\x03"),
        "unreadable: ",
    ),
}


@pytest.mark.parametrize(("content", "reason"), ZIPS.values(), ids=ZIPS.keys())
def test_another_zip_is_held(content: bytes, reason: str) -> None:
    assert held(content, "a.zip", FEED).startswith(reason)


def test_a_zip_with_a_password_is_held() -> None:
    content = bytearray(a_zip(a__csv=PLAIN))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1

    assert held(bytes(content), "a.zip", FEED) == (
        "unreadable: the zip has a password; send it without one"
    )


def test_a_zip_bomb_is_held() -> None:
    bomb = a_zip(a__csv=b"0" * (4 << 20))

    assert held(bomb, "a.zip", FEED, small(ratio_floor=1 << 20, ratio=1)).startswith("too_large: ")


def test_a_compressed_binary_format_is_held_with_the_next_step() -> None:
    assert "send it as it is" in held(b"x", "a.parquet.gz", FEED)
