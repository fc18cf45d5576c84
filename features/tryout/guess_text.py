"""Guess the form of a text file from its bytes: encoding, delimiter, quotes, header."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

_LINES = 400
_DELIMITERS = (",", ";", "\t", "|", "~", "^", ":", " ")
_NUMBER = re.compile(r"\(?[-+]?[^\w\s(]?\s?[0-9][0-9.,' \u00a0]*(?:[eE][-+]?[0-9]+)?\)?-?")
_TIME = re.compile(r".*[0-9]{1,4}[-/.:][0-9]{1,2}[-/.:][0-9]{1,4}.*")
_WORD = re.compile(r"[^\W\d]")


@dataclass(frozen=True, slots=True)
class TextForm:
    """The form of a text file, by the names of the keys of a description.

    Attributes:
        encoding: by the name that a description declares.
        codec: Python's name of it.
        header: names given to the columns of a file without a header.
    """

    encoding: str
    codec: str
    delimiter: str = ","
    quote: str = '"'
    quoting: str = "standard"
    escape: str = "doubled"
    multiline_fields: bool = False
    skip_lines: int = 0
    header: tuple[str, ...] = ()
    final_line_break: str = "required"


def form_of(raw: bytes, kind: str) -> TextForm:
    """Return the form of the text, without its header.

    Args:
        raw: bytes of the file, from its first one.
        kind: the format by the suffix, such as `tsv`.
    """
    form = _encoding_of(raw)
    text = raw.decode(form.codec, errors="replace").removeprefix("\ufeff")
    lines = text[: 1 << 19].splitlines()[:_LINES]
    form = replace(form, quote=_quote_of(text[: 1 << 19]))
    form = replace(form, delimiter=_delimiter_of(lines, form.quote, kind))
    form = replace(form, skip_lines=_preamble_of(lines, form))
    return _with_quotes(text[: 1 << 19], form)


def header_of(rows: Sequence[Sequence[str]], form: TextForm) -> tuple[TextForm, list[str]]:
    """Return the names of the columns; those of a file without a header are made up."""
    first, body = rows[0], rows[1:200]
    if _is_header(first, body):
        return form, list(first)
    names = tuple(f"column_{place}" for place in range(1, len(first) + 1))
    return replace(form, header=names), list(names)


def _encoding_of(raw: bytes) -> TextForm:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return TextForm("utf-16", "utf-16")
    start = raw[:4000]
    high, low = start[0::2].count(0), start[1::2].count(0)
    if max(high, low) * 8 > len(start):  # a single NUL in a text is a fault of the file
        name = "utf-16-be" if high > low else "utf-16-le"
        return TextForm(name, name)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(raw)
    except UnicodeDecodeError:
        if re.search(rb"[\x81\x8d\x8f\x90\x9d]", raw) is None:
            return TextForm("windows-1252", "cp1252")
        return TextForm("iso-8859-1", "latin-1")
    return TextForm("utf-8", "utf-8-sig")


def _quote_of(text: str) -> str:
    """Return the quote: an apostrophe only where it encloses many fields and no quote does."""
    double = len(re.findall(r'(?:^|[,;\t|])"|"(?:[,;\t|]|$)', text, re.MULTILINE))
    single = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|]|$)", text, re.MULTILINE))
    return "'" if single > 20 and not double else '"'


def _delimiter_of(lines: Sequence[str], quote: str, kind: str) -> str:
    """Return the delimiter under which most lines have one number of fields above one."""
    if kind == "tsv":
        return "\t"
    best, best_score = ",", 0.0
    for place, delimiter in enumerate(_DELIMITERS):
        counts = Counter(_field_counts(lines, delimiter, quote))
        counts.pop(0, None)
        if not counts:
            continue
        fields, rows = counts.most_common(1)[0]
        if fields < 2:
            continue
        share = rows / counts.total()
        score = share * (1 + min(fields, 30) / 100) - place * 0.002
        score -= 0.5 if delimiter in " :" else 0.0  # blanks and colons stand in values
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _field_counts(lines: Sequence[str], delimiter: str, quote: str) -> list[int]:
    try:
        reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
        return [len(row) for row in reader]
    except csv.Error:
        return [line.count(delimiter) + 1 for line in lines if line]


def _preamble_of(lines: Sequence[str], form: TextForm) -> int:
    """Return the number of lines before the header: they have fewer fields than the rows."""
    counts = _field_counts(lines, form.delimiter, form.quote)
    if len(counts) < 3:
        return 0
    usual = Counter(count for count in counts if count).most_common(1)[0][0]
    for place, line in enumerate(lines[:30]):
        fields = _field_counts([line], form.delimiter, form.quote)
        if fields and fields[0] == usual:
            return place
    return 0


def _with_quotes(text: str, form: TextForm) -> TextForm:
    quote, mark = re.escape(form.quote), re.escape(form.delimiter)
    if form.quote not in text:
        return form
    field = rf"(?:{quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{quote}{mark}\r\n][^{mark}\r\n]*)?"
    record = re.compile(rf"{field}(?:{mark}{field})*")
    lines = text.splitlines()[:-1] or text.splitlines()
    odd = [line for line in lines[: 50 * _LINES] if not record.fullmatch(line)]
    if not odd:
        return form
    if rf"\{form.quote}" in text:
        return replace(form, escape="backslash")
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=form.delimiter, quotechar=form.quote
    )
    rows = [row for row in reader if row][:-1]
    widths = Counter(map(len, rows))
    spans = any("\n" in cell or "\r" in cell for row in rows for cell in row)
    is_table = bool(widths) and widths.most_common(1)[0][1] >= 0.98 * len(rows)
    if spans and is_table:
        return replace(form, multiline_fields=True)
    return replace(form, quoting="none")


def _is_header(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row names columns: texts, all different, above other values."""
    cells = [cell.strip() for cell in first]
    if len(set(cells)) < len(cells) and len(set(cells)) < 0.9 * len(cells):
        return False
    valued = [cell for cell in cells if _NUMBER.fullmatch(cell) or _TIME.fullmatch(cell)]
    if valued:
        return False
    if not body:
        return any(_WORD.search(cell) for cell in cells)
    repeated = sum(
        cell != "" and any(place < len(row) and row[place].strip() == cell for row in body)
        for place, cell in enumerate(cells)
    )
    return repeated <= len(cells) / 3
