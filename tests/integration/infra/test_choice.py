"""A command identifies its stack by the name of a source to start it, by its state to end it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.local import __main__ as local
from infra.local import choice, demo
from infra.local import state as local_state
from infra.local.sample import matched
from infra.local.state import CHECKOUT, DEFAULT_PORTS, StackError, State
from tests.integration.infra.stack_process import printed_by
from tests.unit.features.test_sources import MINIMAL


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Describe a shop in a folder of the user."""
    path = tmp_path / "own" / "shop.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(MINIMAL))
    monkeypatch.setenv(choice.SOURCES_DIR, str(path.parent))
    return path


def started(root: Path, source: str = "shop") -> State:
    """Return a started stack without its processes."""
    state, described = choice.to_start(source, root)
    state.prepare()
    choice.remember(state, described)
    state.choose_ports()
    assert state.secrets
    return state


def test_every_process_finds_an_own_source_in_any_folder(own: Path, tmp_path: Path) -> None:
    state = started(tmp_path)
    code = (
        "from features.platform.settings import get_settings; "
        "from features.sources.source_set import source_set; "
        "s = get_settings(); print(source_set(s).name, s.warehouse.base_currency)"
    )

    assert printed_by(state, code) == ["shop", "EUR"]


def test_the_folder_is_remembered_for_the_next_start(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(tmp_path)
    monkeypatch.delenv(choice.SOURCES_DIR)

    _, described = choice.to_start("shop", tmp_path)

    assert described.name == "shop"
    assert State("shop", tmp_path).sources_dir() == own.parent


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("shpo", "did you mean 'shop'"),
        ("../shop", "is a path"),
        ("shop.yaml", "is a path"),
        ("reports", "the project uses a folder of that name"),
        ("a;b", "is no name of a source"),
    ],
)
def test_an_impossible_source_is_refused_in_one_line_and_creates_no_files(
    own: Path, tmp_path: Path, source: str, message: str
) -> None:
    root = tmp_path / "local"

    for refuse in (choice.to_start, choice.existing, choice.current):
        with pytest.raises(StackError, match=message) as caught:
            refuse(source, root)
        assert "\n" not in str(caught.value)

    assert not root.exists()


def test_a_broken_description_is_refused_before_any_start(own: Path, tmp_path: Path) -> None:
    own.write_text(yaml.safe_dump(MINIMAL | {"maturity_days": -1}))
    root = tmp_path / "local"

    with pytest.raises(StackError, match=r"shop\.yaml: line \d+, column \d+: maturity_days"):
        choice.to_start("shop", root)

    assert not root.exists()


def test_a_stack_is_found_without_its_description(own: Path, tmp_path: Path) -> None:
    state = started(tmp_path)
    own.unlink()

    assert choice.existing("shop", tmp_path) == [state]
    assert choice.current("shop", tmp_path) == state
    assert choice.current(None, tmp_path) == state
    with pytest.raises(
        StackError, match=r"no source is named 'shop'.*the state of its stack is in"
    ):
        choice.to_start("shop", tmp_path)


def test_a_source_that_was_never_started_has_no_stack(own: Path, tmp_path: Path) -> None:
    assert choice.existing("shop", tmp_path / "local") == []
    assert choice.current("lending_club", tmp_path / "local") is None
    assert not (tmp_path / "local").exists()


def test_each_source_has_ports_of_its_own_and_keeps_them(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in DEFAULT_PORTS:
        monkeypatch.delenv(f"VESPER_{name.upper()}_PORT", raising=False)
    # other processes of this machine may have taken a port
    monkeypatch.setattr(local_state, "is_free", lambda _: True)
    stacks = [started(tmp_path, source) for source in ("synthetic", "shop", "lending_club")]
    first = [state.ports() for state in stacks]

    assert first[0] == DEFAULT_PORTS
    assert len({port for ports in first for port in ports.values()}) == 9
    assert [started(tmp_path, state.source).ports() for state in reversed(stacks)] == first[::-1]


def test_the_base_currency_is_the_source_s_only_one_and_stays(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, described = choice.to_start("shop", tmp_path)
    assert choice.base_currency(state, described) == "EUR"

    monkeypatch.setenv(choice.BASE_CURRENCY, "CHF")
    assert choice.base_currency(state, described) == "CHF"

    state = started(tmp_path)
    state.write("installed.json", {"models": "of CHF"})
    monkeypatch.setenv(choice.BASE_CURRENCY, "EUR")
    with pytest.raises(StackError, match="compares amounts in CHF, not in EUR"):
        choice.base_currency(state, described)
    monkeypatch.setenv(choice.BASE_CURRENCY, "BTC")
    with pytest.raises(StackError, match="is no currency of ISO 4217"):
        choice.base_currency(state, described)


def test_a_changed_description_is_installed_again(own: Path, tmp_path: Path) -> None:
    state = started(tmp_path)
    before = demo.fingerprint(state)

    own.write_text(own.read_text() + "# changed\n")

    assert demo.fingerprint(state) != before
    assert demo.fingerprint(started(tmp_path, "synthetic")) != before


def test_a_demo_of_an_own_source_names_missing_parts_before_it_starts(
    own: Path, tmp_path: Path
) -> None:
    state, described = choice.to_start("shop", tmp_path)
    (tmp_path / "folder").mkdir()
    data = tmp_path / "folder" / "payments.csv"
    data.write_text("ID,CARD\n1,2\n")

    for unusable, message in (
        (None, r"name the data of shop: make demo SOURCE=shop DATA=<file or folder>"),
        (tmp_path / "missing.csv", "is no file and no folder"),
        (data, r"holds no transactions of shop.*\n.*missing_column: .*AT"),
        (data.parent, r"holds no transactions of shop.*docs/bring-your-own-data\.md"),
    ):
        with pytest.raises(StackError, match=message):
            matched(state, unusable, described)


@pytest.mark.parametrize(
    "target", ["up", "demo", "status", "down", "reset", "sql", "dbt-docs", "run", "schedule"]
)
def test_make_passes_a_name_on_as_one_word(target: str, tmp_path: Path) -> None:
    output = subprocess.run(
        ["make", "-n", target, "SOURCE=a b; touch x"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert '--source="$SOURCE"' in output
    assert "touch" not in output


def test_a_command_of_an_unknown_source_ends_with_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # the command reads its arguments from the process
    monkeypatch.setattr(sys, "argv", ["local", "reset", "--source=../.."])

    assert local.main() == 1
    assert "is a path" in capsys.readouterr().err
