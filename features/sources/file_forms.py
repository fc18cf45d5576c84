"""Describe the form of the files of a source: their format, and how each format is written."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from features.sources.described import Described


class FileFormat(StrEnum):
    """The format of a file; text files may be gzipped."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Csv(Described):
    """The source's form of CSV.

    Args:
        delimiter: one character between fields.
        quoting: `standard`: a field may be in double quotes, and doubles each quote in it; `none`:
            a quote is plain text everywhere.
        multiline_fields: a quoted field may hold line ends; otherwise one line is one row, and a
            quoted field that spans lines holds the file.
        final_line_break: whether a last line without its end is taken for a file cut short.
    """

    delimiter: str = Field(default=",", pattern=r"^[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x7e]$")
    quoting: Literal["standard", "none"] = "standard"
    multiline_fields: bool = False
    final_line_break: Literal["required", "optional"] = "required"

    @model_validator(mode="after")
    def _lines_need_quotes(self) -> Csv:
        if self.multiline_fields and self.quoting == "none":
            raise ValueError("multiline_fields: only a quoted field can span lines")
        return self
