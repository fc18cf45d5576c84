"""Any schedule of deliveries and runs decides the same rows, each once."""

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
                lifecycle.fail(connection, run.run_id, "a gate said no")
            return
        self.expected.run(hour)
        self.bench.decide(start)

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
def test_whatever_the_schedule_nothing_is_missed_and_nothing_decided_twice(
    bench: Bench, steps: list[Step]
) -> None:
    schedule = Schedule(bench, next(numbers))

    schedule.play(steps)
    # one run of all hours finds what waits; whatever is late after it, the next run takes
    bench.decide(schedule.day, length=HOURS * HOUR)
    schedule.deliver((Row("z", 0, 100),))
    bench.decide(schedule.day + HOURS * HOUR)
    schedule.expected.run_everything()

    schedule.check()
    assert "pending" not in bench.versions()
