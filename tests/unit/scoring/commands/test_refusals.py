"""Wrong usage, names and ids are refused with status 2 and a sentence, before any connection."""

from __future__ import annotations

from typing import Any

import pytest

from expectations.errors import GateUnavailableError
from features.platform.errors import StatementError, WarehouseUnavailableError
from scoring.__main__ import main
from scoring.commands import sessions
from scoring.commands.quality import MARKS
from scoring.credit.quality import german_credit
from scoring.credit.quality import protocol as credit
from scoring.fraud.quality import protocol as fraud
from scoring.quality import categories
from scoring.segments.quality import protocol as segments
from scoring.value.quality import cdnow

RUN = "6d0c3c36-9a3f-4b5e-8a63-0b8f0f6f2f11"
WINDOW = ("--start", "2026-11-21T10:00Z", "--end", "2026-11-21T11:00Z")

OVERRIDE = ("overrides", "add", "--merchant", "m", "--product", "p")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Usage: vesper"),
        (("scores",), "No such command 'scores'"),
        (("windows", "--job", "score_cards"), "the jobs are score_transactions"),
        (("run", "score_cards", *WINDOW), "there is no job 'score_cards'"),
        (("run", "score_transactions", *WINDOW[:2]), "end"),
        (("run", "score_transactions", *WINDOW, "--kind", "restate"), "--kind is one of manual"),
        (
            ("claim", "score_transactions", *WINDOW[:3], "2026-11-21T09:00Z"),
            "the window is empty",
        ),
        (("closure", "--window", "2026-11-21T10:00", "2026-11-21T11:00Z"), "with a zone"),
        (("windows", "--until", "0001-01-01T00:00Z"), "write a year from 1900 on"),
        (("score", "run-7"), "'run-7' is no run id"),
        (("deliveries", "discard", "d", "--reason", "x"), "'d' is no delivery id"),
        (("deliveries", "retry"), "name one held delivery, or give --all-held"),
        (("deliveries", "list", "--state", "lost"), "'lost' is not one of 'parsed'"),
        ((*OVERRIDE, "--first-day", "2026-13-01"), "'2026-13-01' is no day"),
        ((*OVERRIDE, "--first-day", "0001-01-01"), "write a year from 1900 on"),
        (("overrides", "withdraw", "o", "--person", "Ann", "--reason", "x"), "no override id"),
        (("replay",), "name the decisions to replay"),
        (("validate",), "Usage: vesper validate"),
    ],
)
def test_it_is_refused_by_name(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(arguments)

    shown = capsys.readouterr()
    assert (status, shown.out) == (2, "")
    assert sentence in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    "error",
    [
        StatementError("read a run", "42501", "InsufficientPrivilege", "denied"),
        WarehouseUnavailableError("the warehouse is away; start it with `make up`"),
        GateUnavailableError("the gate could not read scored.t; retry"),
    ],
)
def test_an_expected_error_is_one_line_without_a_traceback(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    # no warehouse answers with each of these errors on demand
    monkeypatch.setattr(sessions, "connect", refuse)

    assert main(["score", RUN]) == 2
    assert capsys.readouterr().err == f"{type(error).__name__}: {error}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_a_shell_is_printed(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # a test has no shell above it that could be found
    monkeypatch.setattr("shellingham.detect_shell", lambda: (shell, f"/bin/{shell}"))
    with pytest.raises(SystemExit) as ended:  # Typer ends the process itself
        main(["--show-completion", shell])

    assert ended.value.code == 0
    assert "vesper" in capsys.readouterr().out


def test_the_marks_name_the_sources_of_the_measures() -> None:
    measured = {
        fraud.SOURCE,
        credit.SOURCE,
        german_credit.SOURCE,
        segments.SOURCE,
        cdnow.SOURCE,
        categories.SOURCE,
    }
    assert measured == set(MARKS.values())
    assert MARKS[german_credit.OUTCOME] == german_credit.SOURCE
