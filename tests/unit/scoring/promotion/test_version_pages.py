"""The page of a model version takes a table of any length, and keeps what the registry can hold."""

from __future__ import annotations

from scoring.models import version_pages
from scoring.models.version_pages import Section

TABLE = "\n".join(f"| test {number} | better |" for number in range(500))


def test_a_short_section_stands_whole_at_the_end() -> None:
    page = version_pages.page_of("A model.", Section("## Gate", "better"))

    assert page == "A model.\n\n## Gate\n\nbetter"


def test_a_long_section_ends_with_a_whole_line_and_names_its_file() -> None:
    section = Section("## Gate", TABLE, texts={"gate.md": TABLE})

    page = version_pages.page_of("A model.", section)

    assert len(page) <= version_pages.LONGEST
    assert page.endswith("| better |\n\nThe rest is in gate.md of the run.\n")
