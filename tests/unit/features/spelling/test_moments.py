"""Times of every declared form become moments in UTC, or reject their row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.features.spelling.shop import judged, reasons, values

WHEN = "occurred_at"


@pytest.mark.parametrize(
    ("form", "text", "moment"),
    [
        ("%d.%m.%Y %H:%M", "31.1.2026 8:05", "2026-01-31 07:05:00.000"),
        ("%m/%d/%Y %I:%M %p", "12/31/2025 5:04 PM", "2025-12-31 16:04:00.000"),
        ("%m/%d/%Y %I:%M:%S %p", "1/2/2026 12:00:01 am", "2026-01-01 23:00:01.000"),
        ("%d-%b-%y %I.%M %p", "01-JAN-26 12.30 PM", "2026-01-01 11:30:00.000"),
        ("%B %d, %Y %H:%M", "January 5, 2026  9:00", "2026-01-05 08:00:00.000"),
        ("%a %d %b %Y %H:%M:%S", "Mon 05 Jan 2026 09:00:00", "2026-01-05 08:00:00.000"),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2026-01-05T09:00:00.123-05:00", "2026-01-05 14:00:00.123"),
        ("%Y%m%d%H%M%S", "20260105090000", "2026-01-05 08:00:00.000"),
        ("%Y-%j", "2026-032", "2026-01-31 23:00:00.000"),
        ("%d/%m/%Y %H:%M UTC%z", "05/01/2026 09:00 UTC+0100", "2026-01-05 08:00:00.000"),
        ("%Y-%m-%d %I:%M\u202f%p", "2026-01-05 09:00\u202fAM", "2026-01-05 08:00:00.000"),
        ("epoch_seconds", "1767603600", "2026-01-05 09:00:00.000"),
        ("epoch_seconds", "1767603600.5", "2026-01-05 09:00:00.500"),
        ("epoch_milliseconds", "1767603600123", "2026-01-05 09:00:00.123"),
        ("epoch_milliseconds", "1.767603600123E+12", "2026-01-05 09:00:00.123"),
        ("epoch_microseconds", "1767603600123000", "2026-01-05 09:00:00.123"),
    ],
)
def test_a_declared_format_is_read(tmp_path: Path, form: str, text: str, moment: str) -> None:
    checked = judged(tmp_path, {"timestamp": {"column": "at", "format": form}}, {"at": [text]})

    assert reasons(checked) == []
    assert values(checked, WHEN) == [moment]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d.%m.%Y", "2026-01-05"),
        ("%m/%d/%Y", "31/12/2025"),
        ("%I:%M %p %Y-%m-%d", "13:00 PM 2026-01-05"),
        ("%Y%m%d", "2026111"),
        ("%Y-%j", "2025-366"),
        ("epoch_seconds", "yesterday"),
        ("epoch_seconds", "9" * 30),
    ],
)
def test_another_form_rejects_the_row(tmp_path: Path, form: str, text: str) -> None:
    checked = judged(tmp_path, {"timestamp": {"column": "at", "format": form}}, {"at": [text]})

    assert reasons(checked) == ["date_not_in_format"]


def test_a_day_that_the_month_lacks_is_no_time(tmp_path: Path) -> None:
    keys = {"column": "at", "format": "%d.%m.%Y"}

    checked = judged(tmp_path, {"timestamp": keys}, {"at": ["29.02.2025", "31.04.2025"]})

    assert reasons(checked) == ["timestamp_not_a_time"] * 2


def test_date_and_time_are_joined_and_both_are_needed(tmp_path: Path) -> None:
    keys = {"columns": ["day", "clock"], "format": "%m/%d/%Y %I:%M:%S %p"}

    checked = judged(
        tmp_path,
        {"timestamp": keys},
        {"day": ["12/31/2025", "12/31/2025"], "clock": ["5:04:01 PM", ""]},
    )

    assert values(checked, WHEN) == ["2025-12-31 16:04:01.000"]
    assert reasons(checked) == ["missing_value"]


def test_a_clock_of_a_simulation_counts_from_a_declared_moment(tmp_path: Path) -> None:
    keys = {"column": "at", "format": "epoch_hours", "since": "2025-09-01T00:00:00+02:00"}

    checked = judged(tmp_path, {"timestamp": keys}, {"at": ["0", "36"]})

    assert values(checked, WHEN) == ["2025-08-31 22:00:00.000", "2025-09-02 10:00:00.000"]


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("America/New_York", "2026-01-05 14:00:00.000"),
        ("+05:30", "2026-01-05 03:30:00.000"),
        ("UTC", "2026-01-05 09:00:00.000"),
    ],
)
def test_a_column_may_have_a_zone_of_its_own(tmp_path: Path, zone: str, moment: str) -> None:
    columns = {"timestamp": {"column": "at", "zone": zone}}

    assert values(judged(tmp_path, columns, {"at": ["2026-01-05 09:00"]}), WHEN) == [moment]


def test_each_row_may_name_its_zone(tmp_path: Path) -> None:
    columns = {"timestamp": {"column": "at", "zone": {"column": "tz"}}}
    zones = ["America/New_York", "+05:30", "", "Mars/Olympus"]

    checked = judged(tmp_path, columns, {"at": ["2026-01-05 09:00"] * 4, "tz": zones})

    assert values(checked, WHEN) == [
        "2026-01-05 14:00:00.000",
        "2026-01-05 03:30:00.000",
        "2026-01-05 08:00:00.000",
    ]
    assert reasons(checked) == ["unknown_zone"]


def test_a_time_without_any_zone_is_rejected(tmp_path: Path) -> None:
    checked = judged(tmp_path, {}, {"at": ["2026-01-05 09:00"]}, time_zone=None)

    assert reasons(checked) == ["timestamp_without_zone"]


TWICE, SKIPPED = "2025-10-26 02:30", "2025-03-30 02:30"


@pytest.mark.parametrize(
    ("keys", "moments"),
    [
        ({}, ["2025-10-26 00:30:00.000", "2025-03-30 01:00:00.000"]),
        ({"ambiguous": "latest"}, ["2025-10-26 01:30:00.000", "2025-03-30 01:00:00.000"]),
        ({"ambiguous": "reject"}, ["2025-03-30 01:00:00.000"]),
        ({"nonexistent": "reject"}, ["2025-10-26 00:30:00.000"]),
    ],
)
def test_times_around_a_clock_change_are_a_declared_choice_and_counted(
    tmp_path: Path, keys: dict[str, Any], moments: list[str]
) -> None:
    checked = judged(tmp_path, {"timestamp": {"column": "at", **keys}}, {"at": [TWICE, SKIPPED]})

    assert values(checked, WHEN) == moments
    assert len(checked.verdicts.remarks) == len(moments)
    assert all("columns.timestamp." in remark for remark in checked.verdicts.remarks)


def test_a_time_may_be_part_of_the_files_name(tmp_path: Path) -> None:
    columns = {"timestamp": {"file_name": r"_(\d{8})\.", "format": "%Y%m%d"}}

    checked = judged(tmp_path, columns, {"sum": ["1"]}, file_name="cards_20260105.csv")

    assert values(checked, WHEN) == ["2026-01-04 23:00:00.000"]
