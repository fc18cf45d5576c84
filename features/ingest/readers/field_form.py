"""Check how the fields of a text are separated and quoted.

This module checks every record against one grammar before it is parsed. Without the check, the
parser would treat a lone quote as the start of a field and swallow the lines up to the next quote.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

import pyarrow.compute as pc

from features.ingest.limits import Limits
from features.ingest.lines import Block, LineTally
from features.ingest.reasons import HeldError, HoldReason
from features.sources.file_forms import DELIMITERS, Csv, FileFormat


@dataclass(frozen=True, slots=True)
class FieldForm:
    """How the fields of a line are separated and quoted.

    Args:
        delimiter: between fields.
        quote: around a quoted field; empty if quotes are plain text.
        is_escaped: a quote in a quoted field follows a backslash.
        is_multiline: a quoted field may hold line ends.
    """

    delimiter: str
    quote: str
    is_escaped: bool
    is_multiline: bool

    @classmethod
    def of(cls, described: Csv, kind: FileFormat) -> FieldForm:
        """Return the form of files of a format.

        Raises:
            HeldError: neither the source nor the suffix states the delimiter.
        """
        delimiter = described.delimiter or DELIMITERS.get(kind)
        if delimiter is None:
            raise HeldError(
                HoldReason.UNKNOWN_FORMAT,
                f"the suffix .{kind} has no delimiter of its own: the source declares "
                "csv.delimiter",
            )
        quote = described.quote if described.quoting == "standard" else ""
        is_escaped = described.escape == "backslash"
        return cls(delimiter, quote, is_escaped, described.multiline_fields)

    def fields(self, block: Block, limits: Limits) -> list[str]:
        """Return the fields of the first record.

        Raises:
            HeldError: too many, or not CSV.
        """
        text = block.text(0)
        if text.count(self.delimiter) > limits.columns:
            raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} columns")
        if not self.quote:
            return text.split(self.delimiter)
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar="\\" if self.is_escaped else None,
            strict=True,
        )
        try:
            return next(reader, [])
        except csv.Error as error:
            raise HeldError(HoldReason.UNREADABLE, "the header is not CSV") from error

    def unescaped(self, content: bytes) -> bytes:
        """Return a block in which quotes are doubled, the only escape that pyarrow reads alike."""
        if not self.is_escaped or b"\\" not in content:
            return content
        quote = self.quote.encode()
        plain = content.replace(b"\\\\", b"\0")  # text has no NUL
        return plain.replace(b"\\" + quote, quote * 2).replace(b"\0", b"\\")

    def check(self, block: Block, tally: LineTally) -> None:
        """Check that each quote begins or ends a whole field.

        Raises:
            HeldError: with the line of the first record that breaks this rule.
        """
        if not self.quote or self.quote.encode() not in block.content:
            return
        is_csv = pc.match_substring_regex(block.texts(), self._record())
        wrong = pc.index(is_csv, False).as_py()
        if wrong < 0:
            return
        line, record = block.line_numbers[wrong], block.text(wrong)
        if re.fullmatch(self._unclosed(), record, re.DOTALL) is None:
            raise HeldError(
                HoldReason.STRAY_QUOTE,
                f"line {line} has a quote where no field begins or ends, as when text follows a "
                f"closing quote; {_HINT}{self._escape_hint(record)}",
            )
        if line + block.line_counts[wrong] > tally.expected:
            raise HeldError(
                HoldReason.TRUNCATED, f"a quote is opened in line {line} and never closed; {_HINT}"
            )
        raise HeldError(
            HoldReason.MULTILINE_FIELD,
            f"line {line} opens a quoted field that does not end in it; where fields span lines, "
            f"the source declares csv.multiline_fields; {_HINT}",
        )

    def _escape_hint(self, record: str) -> str:
        if self.is_escaped or f"\\{self.quote}" not in record:
            return ""
        return "; where a backslash precedes a quote, it declares csv.escape: backslash"

    def _quoted(self) -> str:
        quote = re.escape(self.quote)
        inside = rf"[^{quote}\\]|\\(?s:.)" if self.is_escaped else f"[^{quote}]"
        return f"(?:{inside}|{quote}{quote})*"

    def _field(self) -> str:
        quote, mark = re.escape(self.quote), re.escape(self.delimiter)
        return rf"(?:{quote}{self._quoted()}{quote}|[^{quote}{mark}\r\n][^{mark}\r\n]*)?"

    def _record(self) -> str:
        """Return the pattern of a record; a quote inside an unquoted field is plain text."""
        field = self._field()
        return rf"^{field}(?:{re.escape(self.delimiter)}{field})*[\r\n]*$"

    def _unclosed(self) -> str:
        quote = re.escape(self.quote)
        return rf"(?:{self._field()}{re.escape(self.delimiter)})*{quote}{self._quoted()}"


_HINT = "where quotes are plain text, the source declares csv.quoting: none"
