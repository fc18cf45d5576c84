"""Read the documents of readers: their text, their queries, their commands."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
#: The history of the work; it is not edited afterwards, so its commands may be gone.
HISTORY = DOCS / "engineering-notes"
README = (ROOT / "README.md").read_text()
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
    if HISTORY not in path.parents
}

_QUERY = re.compile(r'```sql(?: title="as role (\w+)")?\n(.*?)```', re.DOTALL)
_MAKE = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)
_VESPER = re.compile(r"(?:^|`|/)vesper ((?:[^`\n\\#]|\\\n)*)", re.MULTILINE)


def queries() -> list[tuple[str, str]]:
    """Return role and text of every SQL example; the role is `analyst` unless named."""
    return [
        (role or "analyst", query)
        for text in PAGES.values()
        for role, query in _QUERY.findall(text)
    ]


def make_targets() -> set[str]:
    """Return every target of make that a page names."""
    return {name for text in PAGES.values() for name in _MAKE.findall(text)}


def commands(text: str | None = None) -> list[str]:
    """Return the arguments of every command line of ours, of one text or of all pages."""
    texts = PAGES.values() if text is None else [text]
    lines = [arguments.strip() for each in texts for arguments in _VESPER.findall(each)]
    return sorted({line for line in lines if line})
