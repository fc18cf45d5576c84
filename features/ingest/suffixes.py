"""Read the format and the compression of a file from the suffixes of its name."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from features.ingest.reasons import HeldError, HoldReason
from features.sources.file_forms import FileFormat
from features.sources.mapping import SourceFeed


class Packing(StrEnum):
    """The compression around a file."""

    GZIP = "gz"
    ZSTD = "zst"
    BZIP2 = "bz2"
    XZ = "xz"
    ZIP = "zip"


#: The format of each suffix.
FORMATS = {
    "csv": FileFormat.CSV,
    "tsv": FileFormat.TSV,
    "tab": FileFormat.TSV,
    "txt": FileFormat.TXT,
    "jsonl": FileFormat.JSONL,
    "ndjson": FileFormat.JSONL,
    "json": FileFormat.JSON,
    "parquet": FileFormat.PARQUET,
    "arrow": FileFormat.ARROW,
    "arrows": FileFormat.ARROW,
    "feather": FileFormat.ARROW,
    "ipc": FileFormat.ARROW,
    "avro": FileFormat.AVRO,
    "xlsx": FileFormat.XLSX,
    "xlsm": FileFormat.XLSX,
}
_INSTEAD = {
    "xls": "an old workbook; save it as .xlsx",
    "xlsb": "a binary workbook; save it as .xlsx",
    "ods": "a workbook of another kind; save it as .xlsx",
    "7z": "no accepted compression; send a .zip with one file",
    "rar": "no accepted compression; send a .zip with one file",
    "tar": "holds several files; send each of them on its own",
    "tgz": "holds several files; send each of them on its own",
}


def file_format(name: str, feed: SourceFeed) -> tuple[FileFormat | None, Packing | None]:
    """Return a file's format, and its compression; the format is None if only a zip names it.

    Raises:
        HeldError: the feed does not accept a format of this suffix.
    """
    *_, before, suffix = ("", "", *name.lower().rpartition("/")[2].split("."))
    packing = Packing(suffix) if suffix in set(Packing) else None
    if packing is Packing.ZIP:
        return None, packing
    if packing is not None:
        suffix = before
    kind = FORMATS.get(suffix)
    if packing is not None and kind is not None and not kind.is_text:
        raise HeldError(
            HoldReason.UNKNOWN_FORMAT,
            f"a compressed .{suffix} file; send it as it is, its format compresses the rows",
        )
    return _accepted(kind, suffix, feed), packing


def member_format(name: str, feed: SourceFeed) -> FileFormat:
    """Return the format of the file in a zip.

    Raises:
        HeldError: the feed does not accept a format of this suffix.
    """
    suffix = name.lower().rpartition("/")[2].rpartition(".")[2]
    return _accepted(FORMATS.get(suffix), suffix, feed)


def _accepted(kind: FileFormat | None, suffix: str, feed: SourceFeed) -> FileFormat:
    accepted = feed.formats
    if kind is None:
        hint = f" (.{suffix} is {_INSTEAD[suffix]})" if suffix in _INSTEAD else ""
        raise HeldError(
            HoldReason.UNKNOWN_FORMAT,
            f"the suffix is not one of: {', '.join(accepted)}{hint}; {_packings()}",
        )
    if kind not in accepted:
        raise HeldError(
            HoldReason.UNKNOWN_FORMAT,
            f"the suffix is not one of: {', '.join(accepted)}; where these files belong to the "
            f"feed, its formats list {kind} too",
        )
    return kind


def _packings() -> str:
    return f"text may be compressed as {_listed(Packing)}"


def _listed(names: Iterable[str]) -> str:
    *most, last = (f".{name}" for name in names)
    return f"{', '.join(most)} or {last}"
