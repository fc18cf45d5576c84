"""The commands on sources answer with the statuses of the other commands, and need no warehouse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scoring.__main__ import main
from tests.unit.features.tryout import shapes


@pytest.fixture
def drafted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, Path]:
    """Return a file and its draft."""
    file, out = shapes.epoch_lines(tmp_path), tmp_path / "shop.yaml"
    assert main(["sources", "draft", str(file), "--out", str(out)]) == 0
    capsys.readouterr()
    return file, out


def test_the_shipped_sources_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "list", "--json"]) == 0

    listed = json.loads(capsys.readouterr().out)
    assert {"synthetic", "fraud_handbook", "lending_club"} <= {each["name"] for each in listed}


def test_a_draft_is_written_once_and_only_force_overwrites_it(
    drafted: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = drafted
    out.write_text("# mine\n")

    refused = main(["sources", "draft", str(file), "--out", str(out)])

    assert (refused, out.read_text()) == (2, "# mine\n")
    assert "--force" in capsys.readouterr().err
    assert main(["sources", "draft", str(file), "--out", str(out), "--force"]) == 0
    assert "epoch_milliseconds" in out.read_text()


def test_a_draft_on_standard_output_is_the_yaml_alone_and_the_next_step_is_an_error_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sources", "draft", str(shapes.epoch_lines(tmp_path))]) == 0

    shown = capsys.readouterr()
    assert shown.out.startswith("# Draft from")
    assert "Next: " not in shown.out
    assert "vesper sources check events" in shown.err


def test_a_check_of_a_good_file_holds_and_writes_a_page(
    drafted: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = drafted
    html = tmp_path / "pages" / "check.html"

    status = main(["sources", "check", str(out), str(file), "--html", str(html)])

    shown = capsys.readouterr().out
    assert status == 0
    assert "ADMITTED" in shown
    assert "make demo SOURCE=shop" in shown
    assert "<svg" in html.read_text()


def test_a_check_of_a_bad_file_does_not_hold_and_names_the_key(
    drafted: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = drafted
    bad = tmp_path / "bad.jsonl"
    bad.write_text(
        file.read_text().replace('"amount": ', '"amount": "$').replace(', "curr', '", "curr')
    )
    html = tmp_path / "check.html"

    status = main(["sources", "check", str(out), str(bad), "--html", str(html), "--json"])

    (check,) = json.loads(capsys.readouterr().out)["feeds"]
    assert (status, check["verdict"], check["accepted"]) == (1, "held", 0)
    (rejection,) = check["rejections"]
    assert rejection["reason"] == "amount_not_a_number"
    assert "currency_sign" in rejection["remedy"]
    assert len(rejection["examples"]) == 5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("sources", "check", "shopp", "x.csv"), "no source is named 'shopp'"),
        (("sources", "check", "synthetic", "none.csv"), "there is no file none.csv"),
        (("sources", "draft", "none.csv"), "there is no file none.csv"),
        (("sources", "draft", "none.csv", "--out", "x.txt"), "ends with .yaml"),
    ],
)
def test_a_wrong_argument_is_refused(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2

    shown = capsys.readouterr()
    assert sentence in shown.err
    assert shown.out == ""


def test_a_draft_that_cannot_be_written_names_its_own_option(
    drafted: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file, no_folder = drafted

    assert main(["sources", "draft", str(file), "--out", str(no_folder / "shop.yaml")]) == 2

    assert "give another --out YAML" in capsys.readouterr().err
