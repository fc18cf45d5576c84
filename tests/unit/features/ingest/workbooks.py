"""Write small Excel workbooks by hand, in all the spellings that a cell may have."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
#: Styles of cells: 0 general, 1 date, 2 date and time, 3 time, 4 days of a form of one's own.
_STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy;@"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="21"/>'
    '<xf numFmtId="164"/></cellXfs>'
)


def text(value: str) -> str:
    """Return a cell of text, stored in the cell."""
    return f't="inlineStr"><is><t>{escape(value)}</t></is>'


def number(value: object, style: int = 0) -> str:
    """Return a cell of a number, which a style may show as a date."""
    return f's="{style}"><v>{value}</v>'


def a_workbook(
    sheets: Mapping[str, Sequence[Sequence[str]]],
    *,
    shared: Sequence[str] = (),
    is_1904: bool = False,
    parts: Mapping[str, str] | None = None,
) -> bytes:
    """Return a workbook.

    Args:
        sheets: rows of cells by the name of the sheet; an empty text is no cell.
        shared: the shared texts.
        is_1904: days are counted from 1904.
        parts: further parts, by name.
    """
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1)
    )
    related = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/s{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    days = '<workbookPr date1904="1"/>' if is_1904 else ""
    content = {
        "_rels/.rels": _relations(
            f'<Relationship Id="w" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        ),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{days}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            f'{related}<Relationship Id="t" Type="{_OFFICE}/styles" Target="/xl/styles.xml"/>'
            f'<Relationship Id="u" Type="{_OFFICE}/sharedStrings" Target="texts.xml"/>'
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{_STYLES}</styleSheet>',
        "xl/texts.xml": f'<sst xmlns="{_MAIN}">'
        + "".join(f"<si>{each}</si>" for each in shared)
        + "</sst>",
        **{f"xl/worksheets/s{n}.xml": _sheet(rows) for n, rows in enumerate(sheets.values(), 1)},
        **(parts or {}),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return target.getvalue()


def _relations(inside: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}">{inside}</Relationships>'


def _sheet(rows: Sequence[Sequence[str]]) -> str:
    lines = []
    for place, row in enumerate(rows, 1):
        cells = "".join(
            f'<c r="{chr(ord("A") + column)}{place}" {cell}</c>'
            for column, cell in enumerate(row)
            if cell
        )
        lines.append(f'<row r="{place}">{cells}</row>' if cells else "")
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
