"""Describe the form of the files of a source: their format, and how each format is written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from features.sources.described import Described


class FileFormat(StrEnum):
    """The format of a file, which its suffix selects; a file may be compressed as well."""

    CSV = "csv"
    TSV = "tsv"
    TXT = "txt"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"
    ARROW = "arrow"
    AVRO = "avro"
    XLSX = "xlsx"

    @property
    def has_fields(self) -> bool:
        """Whether a line is a row of fields between delimiters."""
        return self in (FileFormat.CSV, FileFormat.TSV, FileFormat.TXT)

    @property
    def is_text(self) -> bool:
        """Whether the file is text in an encoding."""
        return self.has_fields or self in (FileFormat.JSONL, FileFormat.JSON)


#: The delimiter that a suffix implies; a .txt file has none.
DELIMITERS = {FileFormat.CSV: ",", FileFormat.TSV: "\t"}

#: Whether names of delivered columns must be equal, or equal but for blanks around them and case.
HeaderMatch = Literal["exact", "folded"]

_BLANKS = " \t\r\n\xa0\ufeff\u200b"
_CHARACTER = r"^[\x01-\x09\x0b\x0c\x0e-\x7e]$"
_ColumnName = Annotated[str, Field(min_length=1)]
_LineStart = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]


def folded(name: str) -> str:
    """Return the name of a column without case and blanks around it."""
    return name.strip(_BLANKS).casefold()


def one_or_more(value: object) -> object:
    """Read one text as a list of one; a description then needs no brackets."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _pattern(pattern: str) -> str:
    parts = pattern.split("/")
    if "" in parts or ".." in parts or "." in parts:
        raise ValueError(f"{pattern!r} is not a pattern of names below the folder, as in tx_*.csv")
    return pattern


#: A pattern of file names: `*`, `?` and `[…]` as in a shell; with `/`, of the path in the folder.
FilePattern = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_pattern)]

_LineStarts = Annotated[tuple[_LineStart, ...], BeforeValidator(one_or_more)]


class Csv(Described):
    """The source's form of CSV and of other text with one row per line.

    Args:
        delimiter: one character between fields; by default a comma in `.csv` and a tab in `.tsv`
            files, and a `.txt` file needs it.
        quote: the character around a quoted field.
        quoting: `standard`: a field may be quoted; `none`: a quote is plain text everywhere.
        escape: how a quote inside a quoted field is written: `doubled`, or after a `backslash`,
            which then also precedes a backslash.
        multiline_fields: a quoted field may hold line ends; otherwise one line is one row, and a
            quoted field that spans lines holds the file.
        final_line_break: whether a last line without its end is taken for a file cut short.
        header: the names of the columns, in order, of files without a header line.
        skip_lines: number of lines before the header that are no rows.
        comment: lines before the header that begin with this text are no rows.
        footer: the last lines of each file begin with one of these texts and are no rows; a file
            that does not end so was cut short.
    """

    delimiter: str | None = Field(default=None, pattern=_CHARACTER)
    quote: str = Field(default='"', pattern=_CHARACTER)
    quoting: Literal["standard", "none"] = "standard"
    escape: Literal["doubled", "backslash"] = "doubled"
    multiline_fields: bool = False
    final_line_break: Literal["required", "optional"] = "required"
    header: tuple[_ColumnName, ...] = ()
    skip_lines: int = Field(default=0, ge=0, le=1000)
    comment: _LineStart | None = None
    footer: _LineStarts = ()

    @model_validator(mode="after")
    def _keys_fit_each_other(self) -> Csv:
        if self.multiline_fields and self.quoting == "none":
            raise ValueError("multiline_fields: only a quoted field can span lines")
        if self.escape == "backslash" and self.quoting == "none":
            raise ValueError("escape: only a quoted field can hold an escaped quote")
        if self.delimiter == self.quote and self.quoting == "standard":
            raise ValueError("delimiter: the same character as quote")
        if "\\" in (self.delimiter, self.quote) and self.escape == "backslash":
            raise ValueError("escape: a backslash is the delimiter or the quote already")
        _check_names("header", self.header)
        return self


class Json(Described):
    """The source's form of JSON.

    Args:
        records: the path to the list of rows in a `.json` document, such as `data.items`; by
            default the document is the list itself, or one object per line.
        path_separator: the text between the keys of nested objects, in `records` and in the
            delivered names of columns: `customer.address.city`.
    """

    records: str | None = Field(default=None, min_length=1)
    path_separator: str = Field(default=".", min_length=1, max_length=3)

    @model_validator(mode="after")
    def _path_has_keys(self) -> Json:
        if self.records is not None and "" in self.path:
            raise ValueError("records: a key of the path is empty")
        return self

    @property
    def path(self) -> tuple[str, ...]:
        """The keys that lead to the list of rows."""
        return tuple(self.records.split(self.path_separator)) if self.records else ()


class Excel(Described):
    """The source's form of Excel workbooks.

    Args:
        sheet: the name of the sheet with the rows; by default the first one.
        header: the names of the columns, in order, of sheets without a header row.
        skip_rows: number of rows of the sheet above its header, counted as Excel numbers them.
        footer: the last rows begin with one of these texts in their first filled cell and are no
            rows; a sheet that does not end so was cut short.
    """

    sheet: str | None = Field(default=None, min_length=1, max_length=31)
    header: tuple[_ColumnName, ...] = ()
    skip_rows: int = Field(default=0, ge=0, le=1000)
    footer: _LineStarts = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Excel:
        _check_names("header", self.header)
        return self


def _check_names(key: str, names: tuple[str, ...]) -> None:
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{key}: names a column twice: {', '.join(repeated)}")
