"""A spelling never changes a value: rendering and reading are inverse, and ids never collide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from features.ingest.local_times import LocalTimes
from features.ingest.spelling.amounts import product
from features.ingest.spelling.composites import joined
from features.ingest.spelling.decimals import Form, plain, times_ten
from features.ingest.spelling.moments import in_iso, of_epoch
from features.ingest.verdicts import Verdicts
from features.sources.columns import ColumnDescription

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WALL = st.datetimes(datetime(2000, 1, 2), datetime(2098, 12, 30))
ZONES = st.sampled_from(
    (
        "Europe/Vienna",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Africa/Casablanca",
    )
)
PARTS = st.lists(st.text(max_size=6), min_size=2, max_size=3)


@given(
    minor=st.integers(-(10**12) + 1, 10**12 - 1),
    marks=st.sampled_from(((".", ","), (",", "."), (".", " "), (",", "'"), (".", None))),
    sign=st.sampled_from(("", "$", "EUR")),
    style=st.sampled_from(("before", "parentheses", "trailing")),
)
def test_an_amount_is_read_as_it_was_written(
    minor: int, marks: tuple[str, str | None], sign: str, style: str
) -> None:
    decimal, thousands = marks
    whole, cents = divmod(abs(minor), 100)
    digits = f"{whole:,}".replace(",", thousands or "") + f"{decimal}{cents:02}"
    negative = {"before": "-{}", "parentheses": "({})", "trailing": "{}-"}[style]
    text = negative.format(digits) if minor < 0 else digits
    form = Form(decimal, thousands, ("$", "EUR"), parentheses=True, trailing_minus=True)

    numbers, good = plain(pa.array([f"{sign}{text}", f"{text} {sign}"]), form)

    assert good.all()
    assert [Decimal(number) * 100 for number in numbers.to_pylist()] == [minor, minor]


@given(text=st.text(alphabet="0123456789.,-+()eE $€ '", max_size=12))
def test_a_text_is_a_plain_decimal_or_nothing(text: str) -> None:
    form = Form(",", ".", ("$", "€"), parentheses=True, trailing_minus=True, exponents=True)

    numbers, good = plain(pa.array([text]), form)

    assert (numbers[0].as_py() is not None) == bool(good[0])
    if good[0]:
        Decimal(numbers[0].as_py())


@given(number=st.decimals(-(10**9), 10**9, places=5), places=st.integers(-6, 6))
def test_the_decimal_point_moves_exactly(number: Decimal, places: int) -> None:
    moved = times_ten(pa.array([f"{number:f}"]), places)

    assert Decimal(moved[0].as_py()) == number.scaleb(places)


@given(first=st.decimals(-(10**6), 10**6, places=2), second=st.decimals(0, 10**5, places=2))
def test_a_product_is_exact(first: Decimal, second: Decimal) -> None:
    parts = [pa.array([f"{first:f}"]), pa.array([f"{second:f}"])]
    description = ColumnDescription(product=("a", "b"))

    products = product(parts, "amount", Verdicts(1), description)

    assert Decimal(products[0].as_py()) == first * second


@given(rows=st.lists(PARTS.map(tuple), min_size=2, max_size=2, unique=True))
def test_different_rows_of_parts_have_different_ids(rows: list[tuple[str, ...]]) -> None:
    ids = [joined([pa.array([part]) for part in row], "|")[0].as_py() for row in rows]

    assert ids[0] != ids[1]


@given(
    wall=WALL,
    form=st.sampled_from(
        (
            "%Y-%m-%d %H:%M:%S.%f",
            "%d.%m.%Y %H:%M:%S.%f",
            "%m/%d/%Y %I:%M:%S.%f %p",
            "%Y%m%d%H%M%S.%f",
            "%d-%b-%Y %H:%M:%S.%f",
            "%A, %B %d, %Y %I:%M:%S.%f %p",
            "%Y-%j %H:%M:%S.%f",
        )
    ),
)
def test_a_time_is_read_as_it_was_written(wall: datetime, form: str) -> None:
    verdicts = Verdicts(1)

    iso = in_iso(pa.array([wall.strftime(form)]), "at", verdicts, form=form, latest=NOW)

    assert verdicts.passed.all()
    assert datetime.fromisoformat(iso[0].as_py()) == wall


@given(moment=WALL, unit=st.sampled_from((("epoch_seconds", 6), ("epoch_milliseconds", 3))))
def test_a_count_from_1970_is_exact_to_the_microsecond(
    moment: datetime, unit: tuple[str, int]
) -> None:
    form, digits = unit
    microseconds = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    text = str(Decimal(microseconds).scaleb(-digits))

    iso = of_epoch(pa.array([text]), "at", Verdicts(1), form=form, since=None)

    assert datetime.fromisoformat(iso[0].as_py()) == moment.replace(tzinfo=UTC)


@given(wall=WALL, zone=ZONES, ambiguous=st.sampled_from(("earliest", "latest")))
def test_a_local_time_is_the_moment_whose_clock_shows_it(
    wall: datetime, zone: str, ambiguous: Literal["earliest", "latest"]
) -> None:
    local = pa.array([wall], pa.timestamp("us"))

    placed = LocalTimes(zone, ambiguous=ambiguous).placed(local, "at", Verdicts(1))[0].as_py()

    fold = 0 if ambiguous == "earliest" else 1
    expected = wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
    if _shown(expected, zone) == wall:
        assert placed == expected
    else:  # the clock skips it
        assert _shown(placed - timedelta(microseconds=1), zone) < wall < _shown(placed, zone)


def _shown(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
