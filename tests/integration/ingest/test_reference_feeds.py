"""Files of places, merchants and customers: facts with two clocks, never changed."""

from __future__ import annotations

from typing import Any

import pytest

from features.sources.mapping import SourceFeed

MERCHANTS = "merchant_id,valid_from,category,location,latitude,longitude,opened_on,known_at\n"
STATED = "select version, category, valid_from::date::text from raw.merchants order by 1"


def deliver(intake: Any, name: str, *rows: str, feed: str = "merchants") -> None:
    header = MERCHANTS if feed == "merchants" else ""
    intake.deliver((header + "\n".join(rows) + "\n").encode(), name, feed=feed)


def take(intake: Any, name: str, *rows: str) -> Any:
    deliver(intake, name, *rows)
    (receipt,) = intake.take()
    return receipt


def test_the_first_fact_of_a_merchant_holds_since_ever_and_the_next_from_its_arrival(
    intake: Any,
) -> None:
    take(intake, "a.csv", "m1,,food,,,,,")
    take(intake, "b.csv", "m1,,travel,,,,,")

    assert intake.rows(
        "select version, category, valid_from is null, valid_from = known_at from raw.merchants"
        " order by 1"
    ) == [(1, "food", True, None), (2, "travel", False, True)]


def test_one_file_states_several_periods_of_a_merchant(intake: Any) -> None:
    receipt = take(
        intake, "a.csv", "m1,2026-02-01T00:00:00Z,travel,,,,,", "m1,2026-01-01T00:00:00Z,food,,,,,"
    )

    assert receipt.rows_admitted == 2
    assert intake.rows(STATED) == [(1, "food", "2026-01-01"), (2, "travel", "2026-02-01")]


def test_the_same_facts_again_are_duplicates_of_their_period(intake: Any) -> None:
    rows = ("m1,2026-01-01T00:00:00Z,food,,,,,", "m1,,travel,,,,,")
    take(intake, "a.csv", *rows)

    receipt = take(intake, "b.csv", *rows, "m2,,food,,,,,")

    assert (receipt.rows_duplicate, receipt.rows_admitted) == (2, 1)


def test_two_contents_of_one_merchant_in_one_file_contradict_each_other(intake: Any) -> None:
    take(intake, "a.csv", "m1,,food,,,,,", "m1,,travel,,,,,", "m2,,food,,,,,", "m2,,food,,,,,")

    assert intake.rows("select merchant_id from raw.merchants") == [("m2",)]
    assert intake.rows("select row_number, reason from raw.rejected_rows order by 1") == [
        (1, "conflicting_content"),
        (2, "conflicting_content"),
    ]


def test_an_older_statement_of_the_same_period_is_rejected(intake: Any) -> None:
    take(intake, "a.csv", "m1,,food,,,,,2026-02-01T00:00:00Z")

    receipt = take(intake, "b.csv", "m1,,travel,,,,,2026-01-01T00:00:00Z")

    assert (receipt.rows_admitted, receipt.rows_rejected) == (0, 1)
    assert intake.rows("select reason from raw.rejected_rows") == [("outdated_statement",)]


def test_history_is_known_when_its_source_says_so_and_otherwise_from_its_period_on(
    intake: Any,
) -> None:
    deliver(
        intake,
        "history/a.csv",
        "m1,,food,,,,,2026-01-05T00:00:00Z",
        "m2,2026-01-03T00:00:00Z,food,,,,,",
    )
    intake.take()

    assert intake.rows(
        "select merchant_id, known_at::date::text from raw.merchants order by 1"
    ) == [("m1", "2026-01-05"), ("m2", "2026-01-03")]


def test_a_place_needs_its_coordinates_and_a_zone_and_country_that_exist(intake: Any) -> None:
    deliver(
        intake,
        "a.csv",
        "location,latitude,longitude,time_zone,country",
        "VIE-1,48.2,16.4,Europe/Vienna,AT",
        "VIE-2,,,Europe/Vienna,AT",
        "VIE-3,48.2,16.4,Vienna,AT",
        "VIE-4,48.2,16.4,,Austria",
        feed="places",
    )
    intake.take()

    assert intake.rows("select location_code, time_zone, country_code from raw.places") == [
        ("VIE-1", "Europe/Vienna", "AT")
    ]
    assert intake.rows("select row_number, reason from raw.rejected_rows order by 1") == [
        (2, "missing_value"),
        (3, "not_a_time_zone"),
        (4, "not_a_country"),
    ]


def test_unknown_places_are_kept_and_counted(intake: Any) -> None:
    deliver(intake, "a.csv", "location,latitude,longitude", "SHOP-1,48.2,16.4", feed="places")
    places = ("US-NY", "AT", "SHOP-1", "SHOP-2", "SHOP-2", "SHOP-3")
    rows = [intake.row(transaction_id=f"t{n}", location=code) for n, code in enumerate(places)]
    intake.deliver(intake.csv(*rows))

    *_, receipt = intake.take()

    assert receipt.rows_admitted == len(places)
    (note,) = receipt.notes
    assert note.startswith("3 rows have a location that is no known place (2 codes)")


def test_the_text_of_a_rejected_row_about_a_customer_is_not_kept(intake: Any) -> None:
    deliver(
        intake,
        "a.csv",
        "customer_id,first_name,latitude,longitude",
        "c1,Ada,95,0",
        feed="customers",
    )
    intake.take()

    [(reason, original)] = intake.rows("select reason, original from raw.rejected_rows")
    assert reason == "not_a_latitude"
    assert "Ada" not in original


@pytest.mark.parametrize("name", ["Birth Date", "last_name", "SSN", "gender", "email"])
def test_no_personal_column_of_a_customer_can_be_mapped(intake: Any, name: str) -> None:
    feed = intake.sources.feeds["customers"]
    described = feed.model_dump() | {"columns": {**feed.columns, "location": name}}

    with pytest.raises(ValueError, match="would be read as well"):
        SourceFeed.model_validate(described)


def test_what_a_role_may_do_with_reference_rows_is_add_and_read(intake: Any) -> None:
    take(intake, "a.csv", "m1,,food,,,,,")

    for role, allowed in (("ingest", (True, True, False)), ("transform", (True, False, False))):
        for table in ("places", "merchants", "customers"):
            rights = [
                f"has_table_privilege('{role}', 'raw.{table}', '{right}')"
                for right in ("select", "insert", "update, delete, truncate")
            ]
            assert intake.rows(f"select {', '.join(rights)}") == [allowed]
