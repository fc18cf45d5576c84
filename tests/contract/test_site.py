"""The documentation site builds without a warning, and its pages load no file from the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from tests.documents import PAGES, README, ROOT

LONGEST_README = 150
LARGEST_PICTURE = 300_000
_LOADED = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"?([^\"> ]+)")
#: A file or folder in backticks; one with a placeholder is a pattern for a reader.
_PATH = r"`(?:pytest )?((?:{})/[\w/.*-]*)`"
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; a warning ends the build."""
    folder = tmp_path_factory.mktemp("site")
    config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True)
    build(config)
    return folder


def test_every_page_is_built(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in markdown()}

    assert pages <= {path.relative_to(site) for path in site.rglob("*.html")}


def test_a_page_loads_no_file_from_the_network(site: Path) -> None:
    loaded = {
        address for page in site.rglob("*.html") for address in _LOADED.findall(page.read_text())
    }

    assert loaded
    assert {address for address in loaded if re.match(r"(?:[a-z]+:)?//", address)} == set()


def test_a_picture_is_small_and_loads_no_other_file(site: Path) -> None:
    pictures = [*(ROOT / "docs").rglob("*.png"), *(ROOT / "docs").rglob("*.svg")]

    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < LARGEST_PICTURE, picture.name
        if picture.suffix == ".svg":
            addresses = re.findall(r"https?://[^\"]+", picture.read_text())
            assert set(addresses) <= {"http://www.w3.org/2000/svg"}, picture.name


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= LONGEST_README


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_link_of_a_top_level_document_leads_to_a_file(name: str) -> None:
    links = {link for link in _LINK.findall((ROOT / name).read_text()) if "://" not in link}

    assert {link for link in links if not (ROOT / link).exists()} == set()


def test_every_path_on_a_page_exists() -> None:
    roots = "dags|dbt|docs|expectations|features|infra|plugins|scoring|tests"
    named = {path for text in PAGES.values() for path in re.findall(_PATH.format(roots), text)}

    assert len(named) > 10
    assert {path for path in named if not list(ROOT.glob(path.rstrip("/")))} == set()


def test_the_changelog_has_the_form_of_keep_a_changelog() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    parts = re.findall(r"^### (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == "[Unreleased]"
    assert all(
        re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading) for heading in headings[1:]
    )
    assert headings[-1].startswith("[0.1.0]")
    allowed = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(parts) <= allowed


def markdown() -> Iterator[Path]:
    """Yield the sources of the pages."""
    yield from (ROOT / "docs").rglob("*.md")
