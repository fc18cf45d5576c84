"""Render our Markdown as HTML without links, pictures or markup of its own. Pure.

A model card holds names of merchants and columns, which come from outside.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

#: The parts of Markdown that could load or link anything, or hold HTML.
REFUSED = ("link", "image", "autolink", "reference", "html_inline", "html_block", "entity")


def as_html(text: str) -> str:
    """Return Markdown as HTML; every text in it is escaped."""
    return str(_parser().render(text))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(list(REFUSED))
