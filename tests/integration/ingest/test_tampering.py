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


@contextmanager
def undone(sealed_intake: Intake) -> Iterator[psycopg.Connection[Any]]:
    """Give a superuser's session whose changes are rolled back."""
    with (
        psycopg.connect(sealed_intake.db.conninfo, autocommit=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection


# statement, and the message of closure; {of} is a delivery by the file that brought it
TAMPERINGS = (
    # raw rows, live ones and those of history
    (
        "delete from raw.transactions where transaction_id = 't1'",
        "delivery {live.csv}: 5 ≠ 1 rejected + 1 duplicate + 2 admitted; raw.transactions holds 2 "
        "rows, 3 were written",
    ),
    (
        "delete from raw.transactions where is_history and transaction_id = 'h1'",
        "raw.transactions holds 1 rows, 2 were written",
    ),
    (
        "update raw.transactions set amount_minor = amount_minor + 1 where transaction_id = 't1'",
        "delivery {live.csv}: 5 = 1 rejected + 1 duplicate + 3 admitted; rows of raw.transactions "
        "were changed",
    ),
    (
        "update raw.transactions set is_history = false where transaction_id = 'h1'",
        "delivery {history/old.csv}: 2 = 0 rejected + 0 duplicate + 2 admitted; rows of "
        "raw.transactions were changed",
    ),
    (
        "update raw.transactions as one set amount_minor = other.amount_minor "
        "from raw.transactions as other where (one.transaction_id, other.transaction_id) "
        "in (('t1', 't2'), ('t2', 't1'))",
        "rows of raw.transactions were changed",
    ),
    (
        "insert into raw.transactions select * from raw.transactions where transaction_id = 't1'",
        "raw.transactions holds 4 rows, 3 were written",
    ),
    (
        "insert into raw.transactions select (jsonb_populate_record(rows, "
        '\'{"transaction_id": "x", "delivery_seq": 99}\')).* '
        "from raw.transactions as rows where transaction_id = 't1'",
        "1 rows of raw.transactions belong to no delivery of the register (delivery_seq 99)",
    ),
    (
        "delete from raw.transactions where transaction_id = 't1'; insert into raw.transactions "
        'select (jsonb_populate_record(rows, \'{"transaction_id": "t1"}\')).* '
        "from raw.transactions as rows where transaction_id = 't2'",
        "rows of raw.transactions were changed",
    ),
    (
        "delete from raw.transaction_versions where transaction_id = 't1'",
        "raw.transaction_versions holds 2 rows, 3 were written",
    ),
    (
        "update raw.transaction_versions set is_history = true where transaction_id = 't1'",
        "rows of raw.transaction_versions were changed",
    ),
    # the other feeds
    ("update raw.fx_rates set rate = rate * 2", "rows of raw.fx_rates were changed"),
    ("delete from raw.fx_rates", "raw.fx_rates holds 0 rows, 1 were written"),
    ("update raw.transaction_labels set is_fraud = not is_fraud", "raw.transaction_labels were"),
    ("update raw.applications set annual_income_minor = 1", "rows of raw.applications were"),
    ("update raw.application_labels set outcome = 'fully_paid'", "raw.application_labels were"),
    ("update protected.applicant_attributes set age = 18", "applicant_attributes were changed"),
    ("delete from protected.applicant_attributes", "applicant_attributes holds 0 rows, 1 were"),
    # rejected rows, of an admitted delivery and of a held one
    (
        "delete from raw.rejected_rows where object_name like '%live.csv'",
        "delivery {live.csv}: 5 ≠ 0 rejected + 1 duplicate + 3 admitted; raw.rejected_rows holds 0 "
        "rows, 1 were written",
    ),
    (
        "update raw.rejected_rows set reason = 'other' where object_name like '%live.csv'",
        "rows of raw.rejected_rows were changed",
    ),
    (
        "insert into raw.rejected_rows select (jsonb_populate_record(rows, "
        "'{\"row_number\": 99}')).* from raw.rejected_rows as rows",
        "raw.rejected_rows holds 2 rows, 1 were written",
    ),
    (
        "delete from raw.rejected_rows where object_name like '%bad.csv'",
        "delivery landing/synthetic/transactions/bad.csv: raw.rejected_rows holds 0 rows, 1 were",
    ),
    # the register
    (
        "update raw.deliveries set rows_in_file = 4, rows_duplicate = 0 "
        "where object_name like '%live.csv'",
        "delivery {live.csv} was changed in raw.deliveries since seal",
    ),
    (
        "update raw.deliveries set rows_in_file = 4, rows_duplicate = 0 "
        "where object_name like '%live.csv'",
        "rows_duplicate is 0, sealed was 1, rows_in_file is 4, sealed was 5",
    ),
    (
        "update raw.deliveries set state = 'parsed', reason = null where state = 'held'",
        "bad.csv was changed in raw.deliveries since seal",
    ),
    (
        "update raw.deliveries set digests = null where object_name like '%live.csv'",
        "digests is empty, sealed was",
    ),
    (
        "update raw.deliveries set digests = '{\"raw.transactions\": 7}' "
        "where object_name like '%live.csv'",
        "raw.transactions holds 3 rows, 0 were written",
    ),
    (
        "delete from raw.rejected_rows where object_name like '%live.csv'; "
        "delete from raw.deliveries where object_name like '%live.csv'",
        "delivery {live.csv} is gone from raw.deliveries",
    ),
    (
        "delete from raw.rejected_rows where object_name like '%bad.csv'; "
        "delete from raw.deliveries where object_name like '%bad.csv'",
        "bad.csv is gone from raw.deliveries",
    ),
    (
        "insert into raw.deliveries (source, feed, object_name, content_sha256, size_bytes, "
        "load_kind, state, rows_in_file) values ('s', 'transactions', 'forged.csv', 'x', 1, "
        "'live', 'admitted', 0)",
        "delivery forged.csv of raw.deliveries has no seal",
    ),
    # the seals
    (
        "update audit.seals set content = content || '{\"rows_admitted\": 2}' where seal_seq = 3",
        "seal 3 (of delivery ",
    ),
    ("update audit.seals set content = '[7]' where seal_seq = 3", "does not follow from the seal"),
    ("update audit.seals set sealed_at = sealed_at - interval '1 day'", "of the two was changed"),
    (
        "delete from audit.seals where seal_seq = 3",
        "seals were removed or added: seal 2 is followed by seal 4",
    ),
    ("delete from audit.seals where seal_seq = 1", "seals were removed or added: the first is 2"),
    (
        "delete from audit.seals where seal_seq = (select max(seal_seq) from audit.seals)",
        "since seal",
    ),
    (
        "truncate audit.seals",
        "delivery {live.csv} of raw.deliveries has no seal",
    ),
    # a seal after the last: the chain holds, and its subject was done
    (
        "update raw.deliveries set rows_duplicate = 0, rows_in_file = 4 "
        "where object_name like '%live.csv'; insert into audit.seals select seal_seq + 1, kind, "
        "subject, content, now(), audit.link(chain, seal_seq + 1, kind, subject, content, now()) "
        "from (select newest.seal_seq, newest.chain, 'delivery' as kind, sealable.subject, "
        "sealable.content from audit.seals as newest cross join audit.sealable "
        "where sealable.content ->> 'object_name' like '%live.csv' "
        "order by newest.seal_seq desc limit 1) as forged",
        "delivery {live.csv} was sealed for good as seal",
    ),
)


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
