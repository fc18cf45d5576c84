"""A person excepts a customer from the policy; the next run obeys, and every run replays."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scoring.__main__ import main
from scoring.commands.explain import text_of
from scoring.commands.replay import verify
from scoring.domains import SCORE_TRANSACTIONS
from scoring.evidence import closure
from scoring.evidence.divergence import Divergence
from scoring.evidence.explain import explain
from scoring.evidence.replay import Selection
from tests.builders import NOON, a_label, a_transaction, insert_labels
from tests.integration.scoring.conftest import HOUR, Bench
from tests.integration.scoring.lender import Lender, a_day_of_applications

UNTIL = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%MZ")
ADD = ("exceptions", "add", "--until", UNTIL, "--person", "Ann", "--reason", "known by phone")
ALLOW = (*ADD, "--kind", "allow_list")
SILENCE = (*ADD, "--kind", "suppression")
BY_BEN = ("--person", "Ben", "--reason", "I have called too")
HOSTILE = ("p'; drop table x; --", "100%s %(a)s {0}", '{}[]\\"', "Ñandú ☂ 茶", "../../etc")


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Run a command that holds; return its document."""
    capsys.readouterr()
    assert main((*arguments, "--json")) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that is refused; return the sentence."""
    capsys.readouterr()
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    return shown.err


def a_fraud(hour: int, customer_id: str) -> dict[str, Any]:
    """Return a payment that the model declines."""
    return a_transaction(
        transaction_id=f"t{hour}{customer_id}",
        occurred_at=NOON + hour * HOUR,
        known_at=NOON + (hour + 1) * HOUR,
        customer_id=customer_id,
        amount_minor=20_000,
    )


def replays(bench: Bench) -> Any:
    """Decide everything again."""
    return verify(
        SCORE_TRANSACTIONS, Selection(), bench.db.settings, bench.store, with_features=False
    )


def test_an_exception_approves_the_next_run_until_its_withdrawal(
    at_a_terminal: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = at_a_terminal
    bench.admit([a_fraud(hour, name) for hour in range(3) for name in ("c1", "c2")])
    before = bench.decide()

    added = ask(capsys, *ALLOW, "--customer", "c1")["exception_id"]
    proposed = bench.claim(NOON + HOUR, requested_by="nobody")
    assert (before.exceptions_sha256, proposed.exceptions_sha256) == (None, None)
    assert main(("fail", str(proposed.run_id), "--reason", "the exception waits")) == 0
    ask(capsys, "exceptions", "approve", added, *BY_BEN)
    run = bench.decide(NOON + HOUR)
    assert run.exceptions_sha256 is not None
    assert replays(bench).holds
    ask(capsys, "exceptions", "withdraw", added, *BY_BEN)
    after = bench.decide(NOON + 2 * HOUR)
    assert after.exceptions_sha256 is None

    decisions = dict(bench.decisions())
    assert {name for name, outcome in decisions.items() if outcome == "approve"} == {"t1c1"}
    (reasons,) = bench.db.rows(
        "select reasons from decisions.transaction_decisions where transaction_id = 't1c1'"
    )[0]
    (reason,) = [each for each in reasons if each["origin"] == "override"]
    assert reason["exceptions"] == [added]
    assert reason["text"].endswith(": known by phone")
    done = replays(bench)
    assert (done.holds, done.replay.decisions) == (True, 6)
    explanation = explain(SCORE_TRANSACTIONS, "t1c1", bench.db.settings, bench.store)
    assert "Allow-list for customer c1" in text_of(explanation)
    counts = "select state, changed_count, labelled_count, caught_count"
    assert bench.db.rows(f"{counts} from serving.policy_exceptions") == [("withdrawn", 1, 0, 0)]
    bench.assert_closes()
    with bench.connect() as connection:
        chain = closure.equations(connection, SCORE_TRANSACTIONS, store=bench.store)
    assert [str(each) for each in chain if not each.holds] == []
    window = ("--from", f"{NOON:%Y-%m-%dT%H:%MZ}", "--to", f"{NOON + 3 * HOUR:%Y-%m-%dT%H:%MZ}")
    job = ("--job", SCORE_TRANSACTIONS.name)
    (tried,) = ask(capsys, "simulate", "--policy", "2026.11.1", *job, *window)
    assert (tried["moved"], tried["own_differing"], len(tried["own_policies"])) == (0, 0, 2)
    insert_labels(bench.db, [a_label("t1c1", NOON + 4 * HOUR)])
    assert bench.db.rows(f"{counts} from serving.policy_exceptions") == [("withdrawn", 1, 1, 1)]


def test_a_run_whose_list_was_changed_or_lost_does_not_replay(
    at_a_terminal: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = at_a_terminal
    bench.admit([a_fraud(0, "c1")])
    added = ask(capsys, *ALLOW, "--customer", "c1")["exception_id"]
    ask(capsys, "exceptions", "approve", added, *BY_BEN)
    bench.decide()

    with bench.db.superuser() as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "update audit.exception_snapshots set entries = replace(entries, 'c1', 'c2')"
        )
    with bench.db.superuser() as connection:
        connection.execute(
            "alter table audit.exception_snapshots drop constraint exception_snapshots_check; "
            "update audit.exception_snapshots set entries = replace(entries, 'c1', 'c2')"
        )
    done = replays(bench)
    assert not done.holds
    assert done.replay.differences[0].divergence is Divergence.POLICY
    assert "altered after a run pinned them" in done.replay.differences[0].detail


def test_an_allow_list_lowers_an_application_and_its_reason_says_so(
    lender: Lender, at_a_terminal: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    lender.admit(a_day_of_applications())
    added = ask(capsys, *ALLOW, "--customer", "t")["exception_id"]
    ask(capsys, "exceptions", "approve", added, *BY_BEN)
    lender.decide()

    found = {name: rest for name, *rest in lender.decided("application_id, is_overridden, reasons")}
    assert [name for name, (is_overridden, _) in found.items() if is_overridden] == ["thin"]
    assert added in json.dumps(found["thin"][1])
    assert lender.replayed().holds
    assert at_a_terminal.db is lender.db


def test_what_no_run_could_use_is_refused_with_a_sentence(
    at_a_terminal: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    past = ("--until", "2026-01-01T00:00Z")
    far = ("--until", "2090-01-01T00:00Z")
    silence = (*SILENCE, "--customer", "c")
    assert "policy 2026.11.1 has no rule 'x'" in refused(capsys, *silence, "--rule", "x")
    assert "is a knock-out" in refused(capsys, *silence, "--rule", "all_alerts")
    assert "names the rule that it silences" in refused(capsys, *silence)
    assert "names no rule" in refused(capsys, *ALLOW, "--customer", "c", "--rule", "burst")
    assert "is in the past" in refused(capsys, *ALLOW, "--customer", "c", *past)
    assert "at most 366 days" in refused(capsys, *ALLOW, "--customer", "c", *far)
    assert "one customer or one merchant" in refused(capsys, *ALLOW)
    assert "hidden characters" in refused(capsys, *ALLOW, "--customer", "c ")
    assert "full card number" in refused(capsys, *ALLOW, "--customer", "4111111111111111")
    assert "no exception id" in refused(capsys, "exceptions", "approve", "x", *BY_BEN)
    assert "or a file by --import" in refused(capsys, "exceptions", "approve", *BY_BEN)

    added = ask(capsys, *ALLOW, "--customer", "c")
    assert added["unseen_customers"] == ["c"]
    own = ("--person", "ANN.", "--reason", "me again")
    approve = ("exceptions", "approve", added["exception_id"])
    assert "a second person must" in refused(capsys, *approve, *own)
    ask(capsys, *approve, *BY_BEN)
    assert "in force already" in refused(capsys, *approve, *BY_BEN)
    withdraw = ("exceptions", "withdraw", added["exception_id"], *own)
    ask(capsys, *withdraw)
    assert "withdrawn already" in refused(capsys, *withdraw)


def test_the_table_refuses_an_own_approval_by_any_writer(
    at_a_terminal: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    added = ask(capsys, *ALLOW, "--customer", "c")["exception_id"]
    insert = (
        "insert into audit.policy_exceptions (action, exception_id, person, proposer, reason) "
        "values ('approve', %s, 'ann', %s, 'x')"
    )
    with at_a_terminal.connect() as connection:
        with pytest.raises(psycopg.errors.CheckViolation, match="two_persons"):
            connection.execute(insert, (added, "Ann"))
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute(insert, (added, "Zoe"))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from audit.policy_exceptions")


def test_a_file_is_taken_in_line_by_line_and_bad_lines_are_kept(
    at_a_terminal: Bench, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bench = at_a_terminal
    lines = [
        "kind,customer_id,merchant_id,rule_id,from,until,reason",
        *(f"allow_list,n{number},,,,{UNTIL},tested" for number in range(1_000)),
        *(f'allow_list,"{text.replace(chr(34), chr(34) * 2)}",,,,{UNTIL},x' for text in HOSTILE),
        f"allow_list,n1,,,,{UNTIL},again",
        f"suppression,,m1,no_such_rule,,{UNTIL},x",
        "allow_list,c1,,,,yesterday,x",
        "allow_list,c1",
        f"allow_list,4111111111111111,,,,{UNTIL},x",
    ]
    file = tmp_path / "exceptions.csv"
    file.write_text("\n".join(lines))
    assert main(("exceptions", "import", str(file), "--person", "Ann", "--json")) == 1
    answer = json.loads(capsys.readouterr().out)

    assert (answer["proposed"], len(answer["rejected"])) == (1_005, 5)
    kept = bench.db.rows(
        "select line_number, reason, content::text from audit.rejected_exceptions order by 1"
    )
    assert [line for line, _, _ in kept] == [1007, 1008, 1009, 1010, 1011]
    assert "repeats the exception of line 3" in kept[0][1]
    assert "4111111111111111" not in json.dumps(kept)
    approved = ask(capsys, "exceptions", "approve", "--import", answer["import_id"], *BY_BEN)
    assert len(approved["approved"]) == 1_005
    bench.admit([a_fraud(0, name) for name in ("n999", HOSTILE[1], "c2")])
    bench.decide()
    assert dict(bench.decisions())["t0n999"] == "approve"
    assert dict(bench.decisions())["t0c2"] == "decline"
    assert replays(bench).holds


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe", "not in UTF-8"),
        (b"kind,customer\n", "the first line of the file must be"),
        (b"", "the first line of the file must be"),
        (b"kind\x00", "the first line"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(
    at_a_terminal: Bench,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    content: bytes,
    sentence: str,
) -> None:
    file = tmp_path / "exceptions.csv"
    file.write_bytes(content)
    command = ("exceptions", "import", str(file), "--person", "Ann")

    assert sentence in refused(capsys, *command)
    assert at_a_terminal.db.rows("select count(*) from audit.policy_exceptions") == [(0,)]
