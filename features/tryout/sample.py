"""Read a sample of an unknown file: its form, and its columns as text.

A sample guides guesses and decides nothing: `check` reads the whole file by the rules of ingest.
Long text is sampled at its start and at a few further places, so late values count too.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from features.ingest.suffixes import FORMATS
from features.platform.errors import ConfigurationError
from features.tryout.guess_text import form_of, header_of
from features.tryout.sample_json import json_sample
from features.tryout.sample_readers import reader_sample
from features.tryout.sample_tables import parquet_sample, table_sample
from features.tryout.samples import Sample, shown, spread, texts_of

HEAD_BYTES = 2 << 20
_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
PIECE_BYTES = 256 << 10
PIECES = 6
_PACKINGS = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}


def sample_of(path: Path) -> Sample:
    """Return a sample of a file.

    Raises:
        ConfigurationError: there is no such file, or no reader can make a table of it.
    """
    if not path.is_file():
        raise ConfigurationError(f"there is no file {shown(path)}: give the path of one file")
    try:
        return _sampled(path)
    except ConfigurationError:
        raise
    except OSError as error:
        raise ConfigurationError(
            f"{shown(path)} cannot be read: {error.strerror or 'broken or cut short'}"
        ) from None
    except Exception as error:  # noqa: BLE001 - readers of unknown bytes raise anything
        raise ConfigurationError(
            f"{shown(path)} is no table that a reader understands ({type(error).__name__}); "
            f"send one of {', '.join(sorted(set(FORMATS.values())))}"
        ) from None


def sampled_bytes(path: Path) -> bytes:
    """Return the bytes of a sample of a text file, unpacked."""
    return _bytes(path)[0]


def _sampled(path: Path) -> Sample:
    kind = _kind(path)
    if kind == "parquet":
        return parquet_sample(path)
    if kind == "arrow":
        return table_sample(path, kind, pyarrow.feather.read_table(str(path), memory_map=True))
    if kind in ("avro", "xlsx"):
        return reader_sample(path, kind)
    raw, is_whole = _bytes(path)
    if kind in ("json", "jsonl") or raw.lstrip()[:1] in (b"{", b"["):
        return json_sample(path, raw, kind, is_whole=is_whole)
    return _of_text(path, raw, kind, is_whole=is_whole)


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        magic = file.read(8)
    if magic[:4] == b"PAR1":
        return "parquet"
    if magic[:6] == b"ARROW1":
        return "arrow"
    suffixes = [suffix.strip(".").casefold() for suffix in path.suffixes]
    known = [FORMATS[suffix] for suffix in suffixes if suffix in FORMATS]
    return str(known[-1]) if known else "csv"


def _bytes(path: Path) -> tuple[bytes, bool]:
    """Return bytes of a text file, whole lines only behind the first piece."""
    suffix = path.suffix.strip(".").casefold()
    if suffix == "zip" or zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            members = [each for each in packed.infolist() if not each.is_dir()]
            if len(members) != 1:
                raise ConfigurationError(
                    f"{shown(path)} holds {len(members)} files; send a zip with one file"
                )
            with packed.open(members[0]) as file:
                return _head(file)
    if suffix in _PACKINGS:
        opener: Any = _PACKINGS[suffix]
        with opener(path, "rb") as unpacked:
            return _head(unpacked)
    if suffix == "zst":
        with pa.input_stream(str(path), compression="zstd") as stream:
            return _head(stream)
    size = path.stat().st_size
    with path.open("rb") as file:
        head, is_whole = _head(file)
        if is_whole or b"\0" in head:
            return head, is_whole
        parts = [head]
        for place in np.linspace(len(head), max(size - PIECE_BYTES, len(head)), PIECES):
            file.seek(int(place))
            piece = file.read(PIECE_BYTES).partition(b"\n")[2].rpartition(b"\n")[0]
            parts.append(piece + b"\n" if piece else b"")
        return b"".join(parts), False


def _head(file: IO[bytes]) -> tuple[bytes, bool]:
    read = file.read(HEAD_BYTES + 1)
    if len(read) <= HEAD_BYTES:
        return read, True
    end = max(read.rfind(b"\n"), read.rfind(b"\r"))
    return read[: end + 1] if end > 0 else read[:HEAD_BYTES], False


def _of_text(path: Path, raw: bytes, kind: str, *, is_whole: bool) -> Sample:
    form = form_of(raw, kind)
    text = raw.decode(form.codec, errors="replace").removeprefix("\ufeff")
    if _BINARY.search(text[:4000]):
        raise ConfigurationError(
            f"{shown(path)} has control characters, which no text has: rename it after its "
            "format, or remove them"
        )
    lines = io.StringIO(text, newline="")
    for _ in range(form.skip_lines):
        lines.readline()
    reader = csv.reader(
        lines,
        delimiter=form.delimiter,
        quotechar=form.quote,
        quoting=csv.QUOTE_MINIMAL if form.quoting == "standard" else csv.QUOTE_NONE,
        escapechar="\\" if form.escape == "backslash" else None,
    )
    csv.field_size_limit(HEAD_BYTES)
    rows = [row for row in reader if row]
    if not rows:
        raise ConfigurationError(f"{shown(path)} has no row: there is nothing to describe")
    form, names = header_of(rows, form)
    body = rows if form.header else rows[1:]
    whole = [row for row in body if len(row) == len(names)]
    notes = []
    if len(whole) < len(body):
        notes.append(
            f"{len(body) - len(whole)} of {len(body)} sampled rows have another number of fields "
            "than the header"
        )
    whole = spread(whole)
    columns = {
        name: texts_of([row[place] for row in whole])
        for place, name in enumerate(names)
        if names.count(name) == 1
    }
    if len(columns) < len(names):
        notes.append("some names of columns occur twice: ingest holds such a file")
    if is_whole and not raw.endswith((b"\n", b"\r", b"\n\0", b"\0\n")):
        form = replace(form, final_line_break="optional")
    return Sample(path.name, kind, columns, len(whole), is_whole, {}, form, None, tuple(notes))
