"""The data dictionary equals the page that code and YAML generate."""

from __future__ import annotations

import pytest

from infra.docs import data_dictionary


def test_the_page_is_current() -> None:
    stale = "docs/data-dictionary.md is stale; `make docs` writes it anew"

    assert data_dictionary.PAGE.read_text() == data_dictionary.render(), stale


def test_a_stale_page_is_found_without_being_written(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path_factory.mktemp("docs") / "page.md"
    page.write_text("old\n")
    # the page of the checkout must stay unchanged
    monkeypatch.setattr(data_dictionary, "PAGE", page)

    assert data_dictionary.main(["--check"]) == 1
    assert page.read_text() == "old\n"
    assert data_dictionary.main([]) == 0
    assert data_dictionary.main(["--check"]) == 0


def test_every_feature_and_every_serving_column_has_a_meaning() -> None:
    lines = data_dictionary.render().splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| `")]

    assert [row[0] for row in rows if len(row) < 2 or not row[1].strip()] == []
