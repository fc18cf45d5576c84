"""The page of the command line is the one that the commands give."""

from __future__ import annotations

import pytest

from infra.docs import command_line
from scoring.__main__ import main

COMMANDS = dict(command_line.commands())


def test_the_page_is_current() -> None:
    stale = "docs/command-line.md is stale; `make docs` writes it anew"

    assert command_line.PAGE.read_text() == command_line.render(), stale


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_json_and_a_place_on_the_page(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([*name.split(), "--help"])

    shown = capsys.readouterr().out
    assert status == 0
    assert "--json" in shown
    assert f"## {name}\n" in command_line.PAGE.read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option_is_described(name: str) -> None:
    nameless = [each.name for each in COMMANDS[name].params if not each.help]

    assert COMMANDS[name].help
    assert nameless == []


def test_the_help_states_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0

    shown = " ".join(capsys.readouterr().out.split())
    assert "0 the answer holds" in shown
    assert "1 the answer does not hold" in shown
    assert "2 the command was refused" in shown
