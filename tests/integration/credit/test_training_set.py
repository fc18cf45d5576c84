"""A training takes whole vintages of loans, with the outcomes known at a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from features.build import build
from features.views import APPLICATIONS
from infra.local.postgres import Cluster
from scoring.credit import training_set
from scoring.credit.rows import TrainingSet
from tests.builders import an_application, an_outcome, insert_applications, insert_outcomes
from tests.conftest import a_warehouse

LAG = timedelta(days=150)
APPLIED = datetime(2020, 1, 20, 12, tzinfo=UTC)
BAD, REPAID = datetime(2021, 3, 1, tzinfo=UTC), datetime(2023, 1, 20, tzinfo=UTC)
# 36 months after the end of January 2020, and 150 days more
WHOLE = datetime(2023, 2, 1, tzinfo=UTC) + LAG
LATER = WHOLE + timedelta(days=365)

Read = Callable[..., TrainingSet]


def loan(name: str, applied_at: datetime = APPLIED, **overrides: object) -> dict[str, object]:
    return an_application(application_id=name, applied_at=applied_at, **overrides)


@pytest.fixture(scope="module")
def read(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Read]:
    """Load loans of January 2020 and one of February; return a function that reads them."""
    work: Path = tmp_path_factory.mktemp("vintages")
    with a_warehouse(cluster, built_template, work) as db:
        insert_applications(
            db,
            [
                *(loan(name) for name in ("bad", "good", "late", "turned", "exception", "silent")),
                loan("february", datetime(2020, 2, 1, tzinfo=UTC)),
                loan("corrected", annual_income_minor=6_000_000),
            ],
        )
        corrected = loan("corrected", annual_income_minor=1_000_000, version=2)
        insert_applications(db, [corrected | {"known_at": LATER}])
        paid = {"outcome": "fully_paid"}
        insert_outcomes(
            db,
            [
                an_outcome("bad", BAD),
                an_outcome("good", REPAID, **paid),
                an_outcome("late", REPAID, outcome="late"),
                an_outcome("turned", REPAID, **paid),
                an_outcome("turned", LATER, version=2),
                an_outcome("exception", BAD, is_policy_exception=True),
                an_outcome("february", BAD),
                an_outcome("corrected", REPAID, **paid),
            ],
        )
        build("application_features", db.settings.warehouse, db.settings.work)

        def reading(as_of: datetime, **more: bool) -> TrainingSet:
            with db.connect("score") as connection:
                return training_set.read(
                    connection,
                    APPLICATIONS,
                    start=datetime(2019, 1, 1, tzinfo=UTC),
                    end=datetime(2021, 1, 1, tzinfo=UTC),
                    as_of=as_of,
                    lag=LAG,
                    **more,
                )

        yield reading


def outcomes(rows: TrainingSet) -> dict[str, bool]:
    return dict(zip(rows.application_id.tolist(), rows.is_bad.tolist(), strict=True))


def test_a_vintage_counts_as_of_the_maturity_of_its_last_loan(read: Read) -> None:
    assert outcomes(read(WHOLE - timedelta(microseconds=1))) == {}
    assert set(outcomes(read(WHOLE))) == {"bad", "good", "turned", "corrected"}


def test_a_loan_that_is_not_closed_is_censored_and_not_good(read: Read) -> None:
    assert {"late", "silent"}.isdisjoint(outcomes(read(LATER)))


def test_an_exception_to_the_lenders_policy_is_left_out(read: Read) -> None:
    assert "exception" not in outcomes(read(LATER))


def test_an_outcome_counts_as_it_was_known(read: Read) -> None:
    assert not outcomes(read(LATER - timedelta(days=1)))["turned"]
    assert outcomes(read(LATER))["turned"]


def test_an_application_counts_as_it_was_known(read: Read) -> None:
    income = [
        rows.matrix[
            rows.application_id.tolist().index("corrected"), rows.features.index("annual_income")
        ]
        for rows in (read(LATER - timedelta(days=1)), read(LATER))
    ]

    assert income == [60_000.0, 10_000.0]


def test_the_next_vintage_follows_a_month_later(read: Read) -> None:
    assert outcomes(read(LATER))["february"]


def test_closed_loans_alone_can_be_read_to_show_the_bias(read: Read) -> None:
    assert outcomes(read(BAD, whole_vintages=False)) == {"bad": True, "february": True}


def test_the_digest_differs_between_two_sets(read: Read) -> None:
    assert read(WHOLE).digest == read(WHOLE).digest
    assert read(WHOLE).digest != read(LATER).digest
