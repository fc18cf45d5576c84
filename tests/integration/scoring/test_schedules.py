"""Every schedule of deliveries and runs decides the same rows, each once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from scoring.runs import lifecycle
from tests.builders import NOON, a_transaction
from tests.integration.scoring.conftest import HOUR, MINUTE, Bench

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Row:
    """Hold one row of a delivery: a new transaction, or the next version of an earlier one."""

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
# a late row, a row that moves to a decided hour, one that leaves it, a failed run
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
    """Compute the version of each transaction that the rules decide, and the deciding run."""

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
        """Decide the rows of the hour and the late rows, unless the hour was decided before."""
        if hour in self.published:
            return
        self.published.add(hour)
        for name, row in self.newest.items():
            if row.hour in self.published:
                self.decided.setdefault(name, self.versions[name])

    def run_all_hours(self) -> None:
        """Decide every undecided row."""
        self.decided = self.versions | self.decided


class Schedule:
    """Play steps on the warehouse, in a day of its own, and check the result."""

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
                run = self.bench.claim(start, requested_by="manual__failed")
                lifecycle.fail(connection, run.run_id, "a gate said no")
            return
        self.expected.run(hour)
        self.bench.decide(start)

    def check(self) -> None:
        decisions = self.bench.db.rows(
            "select transaction_id, version, revision from decisions.transaction_decisions "
            "where starts_with(transaction_id, %s) order by 1, 3",
            self.prefix,
        )
        assert decisions == [
            (self.prefix + name, version, 0)
            for name, version in sorted(self.expected.decided.items())
        ]
        self.bench.assert_closes()


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
def test_every_schedule_decides_each_row_exactly_once(bench: Bench, steps: list[Step]) -> None:
    schedule = Schedule(bench, next(numbers))

    schedule.play(steps)
    # one run of all hours decides the pending rows; the next run decides rows that come later
    bench.decide(schedule.day, length=HOURS * HOUR)
    schedule.deliver((Row("z", 0, 100),))
    bench.decide(schedule.day + HOURS * HOUR)
    schedule.expected.run_all_hours()

    schedule.check()
    assert "pending" not in bench.versions()
