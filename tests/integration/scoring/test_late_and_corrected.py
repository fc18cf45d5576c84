"""Late and corrected rows: each decided once, and again only when somebody says why."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from features.digests import feature_digest
from features.views import TRANSACTIONS
from scoring import closure, runs
from scoring.jobs import SCORE_TRANSACTIONS
from tests.builders import NOON, a_transaction
from tests.integration.ingest.conftest import Intake, quick
from tests.integration.scoring.conftest import HOUR, Bench

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def assert_closes(bench: Bench) -> None:
    """Every equation holds, and no decision was made twice or on features that changed since."""
    with bench.connect() as connection:
        broken = [
            str(equation)
            for equation in closure.equations(connection, SCORE_TRANSACTIONS)
            if not equation.holds
        ]
    assert broken == []
    assert moved_features(bench) == []


def moved_features(bench: Bench) -> list[tuple[Any, ...]]:
    """Return decided rows whose features are not those that they were decided on."""
    digest = feature_digest(TRANSACTIONS).as_string()
    return bench.db.rows(
        "select transaction_id, version from decisions.transaction_decisions as decided "
        f"left join (select transaction_id, version, {digest} as digest "
        "from marts.feat_transactions) as features using (transaction_id, version) "
        "where decided.feature_sha256 is distinct from features.digest"
    )


def terms(bench: Bench) -> dict[str, int]:
    """Return what became of the row versions, as far as it is not nothing."""
    with bench.connect() as connection:
        found = closure.equations(connection, SCORE_TRANSACTIONS)
    versions = next(e.terms for e in found if e.subject.startswith("versions"))
    return {name: count for name, count in versions.items() if count}


def decide(bench: Bench, start: datetime = NOON, **request: Any) -> runs.Run:
    """Take a window through its steps; a build costs seconds, and an empty run needs none."""
    run = bench.claim(start, **request)
    if run.state != "published":
        if run.rows_claimed:
            bench.build()
        bench.score(run.run_id)
        bench.publish(run.run_id)
    return run


def a_correction(**overrides: Any) -> dict[str, Any]:
    return a_transaction(
        transaction_id="t", version=2, amount_minor=20_000, known_at=NOON + HOUR, **overrides
    )


# ------------------------------------------------------------- corrections and restatements


@pytest.fixture
def corrected(bench: Bench) -> Bench:
    """A transaction that was approved; then its amount turned out to be 200 times as large."""
    bench.admit([a_transaction(transaction_id="t", amount_minor=100)])
    decide(bench)
    bench.admit([a_correction()])
    assert decide(bench, NOON + HOUR).rows_claimed == 0
    return bench


def restate(bench: Bench, **request: Any) -> runs.Run:
    """Decide transaction t again, as Ann asks."""
    asked = {"kind": "restate", "requested_by": "ann", "reason": "wrong amount"}
    return decide(bench, **{**asked, "restated_ids": ("t",), **request})


def test_a_correction_changes_neither_the_decision_nor_what_it_was_decided_on(
    corrected: Bench,
) -> None:
    corrected.build()

    assert corrected.decisions("transaction_id, revision, version, decision") == [
        ("t", 0, 1, "approve")
    ]
    assert corrected.db.rows("select version, amount from marts.feat_transactions order by 1") == [
        (1, 1.0),
        (2, 200.0),
    ]
    assert terms(corrected) == {"decided": 1, "correction": 1}
    assert_closes(corrected)


def test_after_a_restatement_both_decisions_can_be_read_as_of_their_time(
    corrected: Bench,
) -> None:
    (before,) = corrected.db.rows("select clock_timestamp()")[0]
    restate(corrected)
    (after,) = corrected.db.rows("select clock_timestamp()")[0]

    query = (
        "select revision, version, decision, amount, run_kind, restated_because "
        "from serving.transaction_decision_revisions where transaction_id = 't' "
        "and valid_from <= %s and (valid_until > %s or valid_until is null)"
    )
    with corrected.db.connect("analyst") as connection:
        stood = [connection.execute(query, (at, at)).fetchall() for at in (before, after)]
    assert stood == [
        [(0, 1, "approve", 1.0, "scheduled", None)],
        [(1, 2, "decline", 200.0, "restate", "wrong amount")],
    ]
    assert terms(corrected) == {"decided": 2}
    assert_closes(corrected)


def test_each_restatement_replaces_the_one_before(corrected: Bench) -> None:
    restate(corrected)
    restate(corrected, reason="the source was right after all")

    assert corrected.db.rows(
        "select revision, valid_until is null, lead(valid_from) over (order by revision) "
        "is not distinct from valid_until from serving.transaction_decision_revisions order by 1"
    ) == [(0, False, True), (1, False, True), (2, True, True)]
    assert_closes(corrected)


def test_a_restatement_leaves_late_rows_to_the_next_run(corrected: Bench) -> None:
    corrected.admit([a_transaction(transaction_id="late", known_at=NOON + 2 * HOUR)])
    restate(corrected)
    assert terms(corrected) == {"decided": 2, "pending": 1}

    decide(corrected, NOON + 2 * HOUR)

    assert corrected.decisions("transaction_id, revision, version") == [
        ("late", 0, 1),
        ("t", 0, 1),
        ("t", 1, 2),
    ]
    assert_closes(corrected)


def test_a_correction_after_the_claim_waits_although_the_run_is_not_published(
    bench: Bench,
) -> None:
    bench.admit([a_transaction(transaction_id="t", amount_minor=100)])
    run = bench.claim()
    bench.admit([a_correction(), a_transaction(transaction_id="late", known_at=NOON + HOUR)])
    bench.build()
    bench.score(run.run_id)
    bench.publish(run.run_id)

    assert bench.decisions("transaction_id, version") == [("t", 1)]
    assert terms(bench) == {"decided": 1, "correction": 1, "pending": 1}

    decide(bench, NOON + HOUR)

    assert bench.decisions("transaction_id, version") == [("late", 1), ("t", 1)]
    assert_closes(bench)


# ------------------------------------------------------------- overlapping extracts, ingested


@pytest.fixture
def intake(bench: Bench) -> Iterator[Intake]:
    """The landing folder of the warehouse that decides."""
    found = Intake(bench.db, bench.store, quick("synthetic", decide_from="2026-01-01T00:00:00Z"))
    yield found
    found.connection.close()


def test_overlapping_extracts_are_decided_once(bench: Bench, intake: Intake) -> None:
    """Three daily extracts of 26 hours, shuffled, through the real ingest.

    The second corrects one row of the overlap, and brings one that the first had missed.
    """
    start = NOON - 12 * HOUR
    rows = [
        intake.row(transaction_id=f"t{n:02}", timestamp=(start + n * HOUR).isoformat())
        for n in range(-2, 72)
    ]
    missed, wrong = rows[24], rows[25]  # 22:00 and 23:00 of the first day
    days = [
        [row for row in rows[:26] if row is not missed],
        [{**row, "amount": "99.00"} if row is wrong else row for row in rows[24:50]],
        [{**row, "amount": "99.00"} if row is wrong else row for row in rows[48:74]],
    ]
    receipts, decided = [], []
    for number, extract in enumerate(days):
        shuffled = random.Random(number).sample(extract, len(extract))  # noqa: S311 - no secret
        intake.deliver(intake.csv(*shuffled), f"{number}.csv")
        (receipt,) = intake.take()
        receipts.append((receipt.rows_duplicate, receipt.rows_admitted))
        run = decide(bench, start + number * DAY, length=DAY)
        decided.append(run.rows_claimed)
        assert_closes(bench)

    # what lies before the first window waits for the run of its own; the late row came one day on
    assert receipts == [(0, 25), (0, 26), (2, 24)]
    assert decided == [23, 25, 24]
    assert terms(bench) == {"decided": 72, "correction": 1, "pending": 2}
    assert bench.db.rows(
        "select count(*), count(distinct transaction_id), max(revision), "
        "count(*) filter (where transaction_id = 't23' and version = 1) "
        "from decisions.transaction_decisions"
    ) == [(72, 72, 0, 1)]


# ------------------------------------------------------------- any schedule of deliveries and runs


@dataclass(frozen=True)
class Row:
    """One row of a delivery: a new transaction, or the next version of one that was seen."""

    name: str
    hour: int
    amount: int


@dataclass(frozen=True)
class Run:
    """The run of an hour; it may fail after its claim."""

    hour: int
    fails: bool = False


Step = Run | tuple[Row, ...]
HOURS = 3
SCHEDULES = st.lists(
    st.one_of(
        st.builds(Run, st.integers(0, HOURS - 1), st.sampled_from([False, False, True])),
        st.lists(
            st.builds(
                Row,
                st.sampled_from("abcdefgh"),
                st.integers(0, HOURS - 1),
                st.sampled_from([100, 2_000, 20_000]),
            ),
            min_size=1,
            max_size=6,
            unique_by=lambda row: row.name,
        ).map(tuple),
    ),
    min_size=3,
    max_size=6,
)
# a late row, a row that moves to an hour that was run, one that leaves it, a run that failed
AWKWARD: list[Step] = [
    (Row("a", 0, 100), Row("b", 1, 100), Row("c", 1, 100), Row("d", 0, 100)),
    Run(0),
    (Row("a", 1, 20_000), Row("b", 0, 100), Row("e", 0, 100), Row("f", 1, 100)),
    Run(2, fails=True),
    Run(2),
    (Row("c", 2, 100), Row("f", 0, 100), Row("g", 2, 100)),
    Run(1),
]


@dataclass
class Expected:
    """What the rules say: which version of which transaction is decided, and by when."""

    newest: dict[str, Row] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    decided: dict[str, int] = field(default_factory=dict)
    published: set[int] = field(default_factory=set)

    def admit(self, delivery: tuple[Row, ...]) -> None:
        """Take each row as the newest version of its transaction."""
        for row in delivery:
            self.newest[row.name] = row
            self.versions[row.name] = self.versions.get(row.name, 0) + 1

    def run(self, hour: int) -> None:
        """Decide what is at home in the hour, and what is late; nothing where it was run before."""
        if hour in self.published:
            return
        self.published.add(hour)
        for name, row in self.newest.items():
            if row.hour in self.published:
                self.decided.setdefault(name, self.versions[name])

    def run_everything(self) -> None:
        """Decide what nobody has decided."""
        self.decided = self.versions | self.decided


class Schedule:
    """Plays steps on the warehouse, in a day of its own, and holds it against what is expected."""

    def __init__(self, bench: Bench, number: int) -> None:
        self.bench = bench
        self.day = NOON + number * DAY
        self.prefix = f"{number}-"
        self.moments = itertools.count(1)
        self.expected = Expected()

    def play(self, steps: list[Step]) -> None:
        for step in steps:
            if isinstance(step, Run):
                self.run(step.hour, step.fails)
            else:
                self.deliver(step)
            self.check()

    def deliver(self, rows: tuple[Row, ...]) -> None:
        self.expected.admit(rows)
        known_at = self.day + HOURS * HOUR + next(self.moments) * MINUTE
        self.bench.admit(
            [
                a_transaction(
                    transaction_id=self.prefix + row.name,
                    version=self.expected.versions[row.name],
                    occurred_at=self.day + row.hour * HOUR + ord(row.name) % 8 * MINUTE,
                    customer_id=row.name,
                    amount_minor=row.amount,
                    known_at=known_at,
                )
                for row in rows
            ]
        )

    def run(self, hour: int, fails: bool) -> None:
        start = self.day + hour * HOUR
        if fails:
            with self.bench.connect() as connection:
                run = self.bench.claim(start, requested_by="somebody who gives up")
                runs.fail(connection, run.run_id, "a gate said no")
            return
        self.expected.run(hour)
        decide(self.bench, start)

    def check(self) -> None:
        found = self.bench.db.rows(
            "select transaction_id, version, revision from decisions.transaction_decisions "
            "where starts_with(transaction_id, %s) order by 1, 3",
            self.prefix,
        )
        assert found == [
            (self.prefix + name, version, 0)
            for name, version in sorted(self.expected.decided.items())
        ]
        assert_closes(self.bench)


numbers = itertools.count()


@settings(
    deadline=None,
    max_examples=2,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(steps=AWKWARD)
@given(steps=SCHEDULES)
def test_whatever_the_schedule_nothing_is_missed_and_nothing_decided_twice(
    bench: Bench, steps: list[Step]
) -> None:
    schedule = Schedule(bench, next(numbers))

    schedule.play(steps)
    # one run of all hours finds what waits; whatever is late after it, the next run takes
    decide(bench, schedule.day, length=HOURS * HOUR)
    schedule.deliver((Row("z", 0, 100),))
    decide(bench, schedule.day + HOURS * HOUR)
    schedule.expected.run_everything()

    schedule.check()
    assert "pending" not in terms(bench)
