"""Closure names every change of a superuser in raw, in the register or in the seals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from features.ingest import deliveries
from scoring.domains import JOBS, SCORE_TRANSACTIONS
from scoring.evidence import closure
from scoring.evidence.equation import Equation
from tests.integration.ingest import loans
from tests.integration.ingest.conftest import Intake
from tests.integration.ingest.tamperings import TAMPERINGS


@contextmanager
def undone(sealed_intake: Intake) -> Iterator[psycopg.Connection[Any]]:
    """Give a superuser's session whose changes are rolled back."""
    with (
        psycopg.connect(sealed_intake.db.conninfo, autocommit=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection


@pytest.fixture(scope="module")
def sealed_intake(shared_intake: Intake) -> Intake:
    """Admit one delivery of every feed and one of history, and hold one."""
    intake = shared_intake
    row = intake.row
    intake.deliver(b"currency,rate_date,rate,known_at\nEUR,2026-02-27,1.5,\n", feed="fx_rates")
    old = [row(transaction_id=f"h{n}", timestamp="2025-12-01T10:00:00Z") for n in (1, 2)]
    intake.deliver(intake.csv(*old), "history/old.csv")
    live = [row(transaction_id=f"t{n}", amount=f"{n}.00") for n in (1, 2, 3)]
    bad = row(transaction_id="t4", amount="-1")
    intake.deliver(intake.csv(*live, live[0], bad), "live.csv")
    intake.deliver(
        b"transaction_id,is_fraud,known_at,provenance\nt1,1,,chargeback\n",
        feed="transaction_labels",
    )
    intake.deliver(loans.file_of(loans.APPLICATION), feed="applications")
    intake.deliver(loans.file_of(loans.LABEL), feed="application_labels")
    intake.deliver(
        b"application_id,sex,age,marital_status,nationality\na1,f,40,single,US\n",
        feed="applicant_attributes",
    )
    assert len(intake.take()) == 7
    intake.deliver(
        intake.csv(row(transaction_id="t5", amount="0"), row(transaction_id="t6")), "bad.csv"
    )
    (held,) = intake.receive()
    deliveries.hold(held.delivery_id, "a person looks at it", intake.connection)
    return intake


def problems(connection: psycopg.Connection[Any], **more: Any) -> list[str]:
    """Return the equations that do not hold."""
    equations: Sequence[Equation] = closure.equations(connection, list(JOBS.values()), **more)
    return [str(equation) for equation in equations if not equation.holds]


def test_every_change_of_a_superuser_is_named(sealed_intake: Intake) -> None:
    names = dict(
        sealed_intake.rows(
            "select regexp_replace(object_name, '^.*/transactions/', ''), "
            "concat_ws(' ', delivery_seq, object_name) from raw.deliveries"
        )
    )
    unseen = []
    with psycopg.connect(sealed_intake.db.conninfo, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        assert problems(connection) == []
        for statement, message in TAMPERINGS:
            expected = re.sub("{([^}]*)}", lambda match: names[match[1]], message)
            with connection.transaction(force_rollback=True):
                connection.execute(statement.encode())
                reported = problems(connection)
            if expected not in "\n".join(reported):
                unseen.append((statement, expected, reported))
        assert problems(connection) == []

    assert unseen == []


def test_a_delivery_keeps_its_seal_through_release_admission_and_discard(
    sealed_intake: Intake,
) -> None:
    released, given_up = (
        sealed_intake.deliver_new(sealed_intake.csv(sealed_intake.row(transaction_id=f"r{n}")))
        for n in (1, 2)
    )
    of = {receipt.object_name: receipt.delivery_id for receipt in sealed_intake.receive()}
    for name in (released, given_up):
        deliveries.hold(of[name], "a person looks", sealed_intake.connection)
    deliveries.release(of[released], "it is right", sealed_intake.connection)
    deliveries.discard(of[given_up], "it is wrong", sealed_intake.connection)
    sealed_intake.take()

    with sealed_intake.db.connect("score") as connection:
        assert problems(connection) == []
    (states,) = sealed_intake.rows(
        "select array_agg(content ->> 'state' order by seal_seq) from audit.seals "
        "where subject = %s",
        of[released],
    )[0]
    assert states == ["parsed", "held", "parsed", "admitted"]


def test_the_fast_check_counts_all_rows_and_compares_the_newest_days(
    sealed_intake: Intake,
) -> None:
    with undone(sealed_intake) as connection:
        connection.execute(
            "update raw.deliveries set admitted_at = admitted_at - interval '3 days', "
            "received_at = received_at - interval '3 days' where object_name like '%old.csv'"
        )
        connection.execute("delete from audit.seals")
        connection.execute("select audit.append_seal(kind, subject) from audit.sealable")
        assert problems(connection, is_fast=True) == []
        *_, coverage = (
            equation
            for equation in closure.equations(connection, SCORE_TRANSACTIONS, is_fast=True)
            if equation.notes
        )
        assert coverage.terms["counted"] == 1
        assert "leave --fast out" in coverage.notes[0]
        connection.execute("update raw.transactions set channel = 'x' where is_history")
        assert problems(connection, is_fast=True) == []
        connection.execute("delete from raw.transactions where transaction_id = 'h1'")
        assert "holds 1 rows, 2 were written" in "; ".join(problems(connection, is_fast=True))


def test_a_delivery_older_than_the_digests_is_counted_and_noted(sealed_intake: Intake) -> None:
    with undone(sealed_intake) as connection:
        connection.execute("update raw.deliveries set digests = null")
        connection.execute("delete from audit.seals")
        connection.execute("select audit.append_seal(kind, subject) from audit.sealable")
        equations = closure.equations(connection, SCORE_TRANSACTIONS)

    assert [str(equation) for equation in equations if not equation.holds] == []
    (note, *_) = (note for equation in equations for note in equation.notes)
    assert "deliveries and 0 runs are older than digests: their rows are counted" in note


def test_a_digest_stays_comparable_after_a_new_column(sealed_intake: Intake) -> None:
    with undone(sealed_intake) as connection:
        connection.execute("alter table raw.transactions add column later text default 'x'")
        connection.execute("alter table raw.deliveries add column later text")
        assert problems(connection) == []
        connection.execute("update raw.transactions set channel = 'x'")
        assert "rows of raw.transactions were changed" in "; ".join(problems(connection))


@pytest.mark.parametrize("role", ["ingest", "score", "transform"])
def test_no_role_writes_a_seal_or_reads_protected_columns(sealed_intake: Intake, role: str) -> None:
    for statement in (
        "insert into audit.seals select * from audit.seals",
        "update audit.seals set kind = kind",
        "delete from audit.seals",
        "update raw.deliveries set digests = '{}'",
        "select audit.append_seal('delivery', gen_random_uuid())",
        "select salt from protected.digest_salt",
    ):
        with (
            sealed_intake.db.connect(role) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement.encode())
