"""The README and the pages of the site work as written: queries, commands, promises."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from features.platform.settings import Role
from scoring.__main__ import main
from scoring.exceptions import register
from scoring.exceptions.proposal import Kind, Proposal
from tests import documents
from tests.builders import NOON, a_label, a_transaction, insert_labels
from tests.integration.scoring.conftest import HOUR, Bench
from tests.integration.scoring.lender import Lender, a_day_of_applications

ANALYST: Role = "analyst"
#: Questions about a warehouse; the other commands change data or need outside data.
QUESTIONS = {"closure", "windows", "replay", "explain", "thresholds", "version"}
#: Views of events that need a registry: tests/integration/promotion fills them.
UNFILLED = "serving.model_"
#: `windows` finds the undecided hours after the test's day.
STATUS = {"windows": 1}


@pytest.fixture
def decided(at_a_terminal: Bench, lender: Lender) -> Bench:
    """Fill a warehouse with decisions of each outcome, labels and loan applications."""
    bench = at_a_terminal
    bench.admit(
        [
            a_transaction(transaction_id="declined", amount_minor=20_000),
            a_transaction(transaction_id="approved", amount_minor=100),
            a_transaction(transaction_id="reviewed", currency_code="CHF", amount_base_minor=None),
        ]
    )
    bench.decide()
    insert_labels(bench.db, [a_label("approved", NOON + 24 * HOUR)])
    lender.admit(a_day_of_applications())
    lender.decide()
    _shadow(bench)
    _propose(bench)
    return bench


def _propose(bench: Bench) -> None:
    """Record an exception that waits for its second person."""
    with bench.connect() as connection:
        now = register.now(connection)
        proposal = Proposal(
            kind=Kind.ALLOW_LIST,
            customer_id="c1",
            effective_from=now,
            effective_until=now + 24 * HOUR,
            person="Ann",
            reason="verified by phone",
        )
        register.propose(connection, [proposal])


def _shadow(bench: Bench) -> None:
    """Record a shadow that broke after its first row, which it would have approved."""
    with bench.connect() as connection:
        connection.execute(
            "with broken as (insert into decisions.shadow_runs (run_id, job, model, version, "
            "sha256, rows_published, rows_decided, state, failure) "
            "select run_id, job, 'fraud_transactions', '2', '-', rows_claimed, 1, 'failed', 'slow' "
            "from decisions.runs where job = 'score_transactions' returning shadow_id) "
            "insert into decisions.shadow_decisions "
            "select shadow_id, 'declined', 0, now(), 'ok', 0.1, 0.1, 'approve', '[]' from broken"
        )


def test_every_query_runs_and_an_analysts_query_finds_rows(decided: Bench) -> None:
    # merchants' queries need sales and nights; they run in tests/integration/merchants
    queries = [(role, query) for role, query in documents.queries() if role != "merchant"]

    assert sum(role == ANALYST for role, _ in queries) >= 10
    for role, query in queries:
        with decided.db.connect(role) as connection:
            rows = connection.execute(query.encode()).fetchall()
        assert rows or role != ANALYST or UNFILLED in query, query


@pytest.mark.usefixtures("decided")
def test_every_question_to_a_warehouse_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    answered = set()
    for arguments in documents.commands():
        name, *options = shlex.split(arguments.replace("<decision id>", "transactions/declined/0"))
        if name in QUESTIONS and "--heal" not in options:  # to heal is no question: it decides
            answered.add(name)
            status = main([name, *options])
            shown = capsys.readouterr()
            assert status == STATUS.get(name, 0), (arguments, shown)
            assert shown.out.strip(), arguments
    assert answered == QUESTIONS


def test_every_proof_of_a_promise_that_is_a_command_is_such_a_question() -> None:
    promises = documents.README.split("## Promises and proofs")[1].split("\n## ")[0]

    named = {arguments.split()[0] for arguments in documents.commands(promises)}

    assert named == {"closure", "windows", "replay", "explain"}


def test_every_command_of_the_project_exists() -> None:
    names = {arguments.split()[0] for arguments in documents.commands()}

    assert names > QUESTIONS
    for name in sorted(names - {"--help"}):
        assert main([name, "--help"]) == 0, name


@pytest.mark.usefixtures("decided")
def test_the_installed_command_is_the_same_program() -> None:
    program = Path(sys.executable).parent / "vesper"
    answer = subprocess.run(
        [program, "closure", "--json"],
        cwd=documents.ROOT,
        env=os.environ | {"PYTHONPATH": str(documents.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    assert all(equation["holds"] for equation in json.loads(answer.stdout))


@pytest.mark.parametrize("target", sorted(documents.make_targets()))
def test_every_make_target_exists(target: str) -> None:
    makefile = (documents.ROOT / "Makefile").read_text()

    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_an_analyst_sees_only_serving(bench: Bench) -> None:
    with bench.db.connect("analyst") as connection:
        schemas = connection.execute(
            "select distinct table_schema from information_schema.table_privileges "
            "where grantee = 'analyst'"
        ).fetchall()

    assert schemas == [("serving",)]


def test_every_view_that_analysts_have_is_described(bench: Bench) -> None:
    views = bench.db.rows("select viewname from pg_views where schemaname = 'serving'")
    names = (
        *("docs/analysts.md", "docs/merchants.md", "docs/demand.md"),
        *("docs/stock.md", "docs/prices.md", "docs/models.md"),
    )
    pages = "".join(documents.PAGES[name] for name in names)

    assert {name for (name,) in views} == set(re.findall(r"^\| `serving\.(\w+)`", pages, re.M))
