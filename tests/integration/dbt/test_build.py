"""A build on a real warehouse appends rows, leaves the others alone, and fails without damage."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from dbt.adapters.base.impl import DEFAULT_BASE_BEHAVIOR_FLAGS

from features.build import build
from features.platform.errors import (
    ConfigurationError,
    ContractError,
    WarehouseUnavailableError,
)
from tests.builders import NOON, a_transaction, insert_transactions

HOUR = timedelta(hours=1)


def built_rows(db: Any) -> int:
    """Build the features of every pending row and return their number."""
    return build("transaction_features", db.settings.warehouse, db.settings.work).rows_added


def test_every_admitted_version_gets_one_row_of_features(built: Any) -> None:
    insert_transactions(built, [a_transaction(), a_transaction(occurred_at=NOON + HOUR)])

    assert built_rows(built) == 2
    assert built_rows(built) == 0
    assert built.rows("select count(*) from marts.feat_transactions") == [(2,)]


def test_a_window_leaves_out_the_row_itself_and_its_peers(built: Any) -> None:
    insert_transactions(
        built,
        [
            a_transaction(transaction_id="at the edge", occurred_at=NOON - 3 * HOUR),
            a_transaction(transaction_id="peer", amount_minor=500),
            a_transaction(transaction_id="asked"),
            a_transaction(transaction_id="after", occurred_at=NOON + HOUR),
        ],
    )

    built_rows(built)

    assert built.rows(
        "select customer_transaction_count_3h, customer_amount_sum_3h, customer_same_instant_count"
        " from marts.feat_transactions where transaction_id = 'asked'"
    ) == [(1, 10.0, 1)]


def test_a_build_leaves_the_flags_of_dbt_as_they_were(built: Any) -> None:
    # a list that grows makes each build of a process slower than the one before
    before = list(DEFAULT_BASE_BEHAVIOR_FLAGS)

    built_rows(built)

    assert before == DEFAULT_BASE_BEHAVIOR_FLAGS


def test_a_build_refuses_a_variable_that_could_carry_sql(built: Any) -> None:
    with pytest.raises(ConfigurationError, match="source_time_zone is malformed"):
        build(
            "transaction_features",
            built.settings.warehouse,
            built.settings.work,
            {"source_time_zone": "UTC'; drop table marts.feat_transactions; --"},
        )


def test_a_failed_build_names_the_model_and_no_row_value(built: Any) -> None:
    insert_transactions(built, [a_transaction(customer_id="secret customer")])
    with built.superuser() as connection:
        connection.execute("alter table marts.feat_transactions add check (customer_id = 'x')")

    with pytest.raises(ContractError, match="feat_transactions") as error:
        built_rows(built)

    assert "secret customer" not in str(error.value)


def test_a_build_without_a_free_connection_is_retried(built: Any) -> None:
    name = built.settings.warehouse.database
    with built.superuser() as connection:
        # the session that holds the lock of the build is admitted, and dbt's own sessions are not
        connection.execute(f"alter database {name} connection limit 1".encode())

    with pytest.raises(WarehouseUnavailableError, match="too many connections"):
        built_rows(built)


def test_a_build_emptied_by_a_crash_adds_no_rows(built: Any) -> None:
    insert_transactions(built, [a_transaction()])
    with built.superuser() as connection:
        # simulate a crash between two models: the line of the build and all its rows are gone
        connection.execute(
            "create function public.forget() returns trigger language plpgsql as "
            "'begin return null; end'"
        )
        connection.execute("grant usage on schema public to transform")
        connection.execute(
            "create trigger forget before insert on intermediate.builds_begun "
            "for each row execute function public.forget()"
        )

    with pytest.raises(WarehouseUnavailableError, match="a crash of the server"):
        built_rows(built)
    assert built.rows("select from marts.feat_transactions") == []

    with built.superuser() as connection:
        connection.execute("drop trigger forget on intermediate.builds_begun")
    assert built_rows(built) == 1
    assert built.rows("select from intermediate.builds_begun") == []


def test_a_build_leaves_no_password_behind(built: Any) -> None:
    built_rows(built)

    files = [path for path in (built.settings.work / "dbt").rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["partial_parse.msgpack"]
    assert built.settings.warehouse.transform_password.get_secret_value().encode() not in (
        files[0].read_bytes()
    )


def test_a_correction_of_a_day_long_past_opens_that_day(built: Any) -> None:
    day = timedelta(days=1)
    insert_transactions(built, [a_transaction(transaction_id="old", occurred_at=NOON - 20 * day)])
    built_rows(built)
    insert_transactions(
        built,
        [
            a_transaction(
                transaction_id="old",
                version=2,
                occurred_at=NOON - 20 * day,
                known_at=NOON,
                amount_minor=4000,
            ),
            a_transaction(transaction_id="now", occurred_at=NOON, known_at=NOON),
        ],
    )

    built_rows(built)

    assert built.rows(
        "select customer_transaction_count_30d, customer_amount_sum_30d"
        " from marts.feat_transactions where transaction_id = 'now'"
    ) == [(1, 40.0)]


def test_an_unknown_place_has_no_distance_and_no_speed(built: Any) -> None:
    insert_transactions(
        built,
        [
            a_transaction(transaction_id="known", occurred_at=NOON - 2 * HOUR),
            a_transaction(transaction_id="nowhere", occurred_at=NOON - HOUR, location_code="ZZ-ZZ"),
            a_transaction(transaction_id="unsaid", location_code=None),
        ],
    )
    built_rows(built)

    assert (
        built.rows(
            "select customer_km_since_previous, customer_kmh_since_previous, "
            "customer_seconds_since_previous from marts.feat_transactions "
            "where transaction_id in ('nowhere', 'unsaid')"
        )
        == [(None, None, 3600.0)] * 2
    )
