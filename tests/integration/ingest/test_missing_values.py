"""A missing value is null in every format and column; a made-up value is no identifier."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.integration.ingest.conftest import Intake
from tests.integration.ingest.loans import APPLICATION, file_of


def parquet_of(**columns: Any) -> bytes:
    """Return rows as Parquet; unnamed columns have default values."""
    rows = max(len(column) for column in columns.values())
    plain = {name: [value] * rows for name, value in Intake.row().items()}
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(plain | columns), sink)
    return sink.getvalue()


def devices(intake: Intake) -> list[Any]:
    """Return the device of each transaction."""
    rows = intake.rows("select device_id from raw.transactions order by transaction_id")
    return [device for (device,) in rows]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_the_missing_value_tokens_of_common_exports_are_null(intake: Intake, suffix: str) -> None:
    rows = [
        Intake.row(transaction_id=f"t{number}", device_id=token, type=token)
        for number, token in enumerate(("", "\\N", "NULL", "nan", "NaN", "None"))
    ]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    contents = {
        "csv": intake.csv(*rows),
        "jsonl": intake.jsonl(*rows),
        "parquet": parquet_of(**columns),
    }
    intake.deliver(contents[suffix], f"a.{suffix}")

    [receipt] = intake.take()

    assert receipt.rows_admitted == len(rows)
    assert intake.rows("select distinct device_id, transaction_type from raw.transactions") == [
        (None, None)
    ]


def test_a_source_may_declare_its_own_tokens(intake: Intake) -> None:
    intake.change(null_tokens=["", "-"])
    rows = [Intake.row(transaction_id=f"t{n}", device_id=d) for n, d in enumerate(["-", "NULL"])]
    intake.deliver(intake.csv(*rows))

    intake.take()

    assert devices(intake) == [None, "NULL"]


def test_nan_of_parquet_is_null_in_every_column(intake: Intake) -> None:
    nan = float("nan")
    intake.deliver(
        parquet_of(
            transaction_id=["t1", "t2"],
            device_id=pa.array([nan, nan]),
            type=pa.array([nan, 1.0]),
            card_risk_score=pa.array([0.5, nan], pa.float32()),
        ),
        "a.parquet",
    )

    intake.take()

    assert devices(intake) == [None, None]
    assert intake.rows(
        "select transaction_type, card_risk_score from raw.transactions order by transaction_id"
    ) == [(None, 0.5), (1, None)]


def test_codes_of_a_bureau_are_declared_per_column(intake: Intake) -> None:
    intake.spell("applications", fico_range_low={"null_tokens": [999, 9999]})
    intake.spell("applications", mths_since_last_delinq={"null_tokens": [999]})
    row = APPLICATION | {"fico_range_low": "9999.0", "mths_since_last_delinq": "999"}
    intake.deliver(
        file_of(row | {"open_acc": "9"}, row | {"application_id": "a2"}), feed="applications"
    )

    [receipt] = intake.take()

    assert (receipt.rows_admitted, receipt.rows_rejected) == (1, 1)  # nine open accounts of eight
    assert intake.rows(
        "select fico_low, fico_high, months_since_delinquency from raw.applications"
    ) == [(None, 664, None)]


def test_dates_are_read_in_the_declared_format(intake: Intake) -> None:
    intake.spell("applications", earliest_cr_line={"format": "%b-%Y"})
    rows = [
        APPLICATION | {"application_id": f"a{n}", "earliest_cr_line": text}
        for n, text in enumerate(["Apr-2009", "Jun-1946", "2009-04-01", ""])
    ]
    intake.deliver(file_of(*rows), feed="applications")

    intake.take()

    assert intake.rows(
        "select first_credit_date::text from raw.applications order by application_id"
    ) == [("2009-04-01",), ("1946-06-01",), (None,)]
    assert intake.rows("select reason from raw.rejected_rows") == [("date_not_in_format",)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"earliest_cr_line": "2031-01-01"}, "credit_line_after_application"),
        ({"earliest_cr_line": "2026-03-02"}, "credit_line_after_application"),
        ({"fico_range_low": "700", "fico_range_high": "695"}, "low_score_above_high"),
        ({"open_acc": "9", "total_acc": "8"}, "more_open_than_all_accounts"),
    ],
)
def test_a_contradictory_application_is_rejected(
    intake: Intake, values: dict[str, str], reason: str
) -> None:
    good = APPLICATION | {"application_id": "a2", "earliest_cr_line": "2026-03-01"}
    intake.deliver(file_of(APPLICATION | values, good), feed="applications")

    [receipt] = intake.take()

    assert receipt.rows_admitted == 1
    assert intake.rows("select row_number, reason from raw.rejected_rows") == [(1, reason)]


def test_blanks_around_identifiers_are_trimmed_where_declared(intake: Intake) -> None:
    intake.spell(device_id={"trim": True})
    texts = [" d1", "d1 ", "\u00a0d1\u200b", "d1", "d\u200b1", "  "]
    rows = [Intake.row(transaction_id=f"t{n}", device_id=d) for n, d in enumerate(texts)]
    intake.deliver(intake.csv(*rows))

    intake.take()

    assert devices(intake) == ["d1"] * 4 + [None]
    assert intake.rows("select row_number, reason from raw.rejected_rows") == [
        (5, "invisible_character")
    ]


LISTS = {
    "list<string>": pa.list_(pa.string()),
    "large_list<string>": pa.large_list(pa.string()),
    "list<large_string>": pa.list_(pa.large_string()),
    "large_list<large_string>": pa.large_list(pa.large_string()),
    "list<string_view>": pa.list_(pa.string_view()),
}


@pytest.mark.parametrize("kind", LISTS.values(), ids=LISTS.keys())
def test_lists_of_text_of_every_width_are_read(intake: Intake, kind: pa.DataType) -> None:
    intake.deliver(
        parquet_of(
            transaction_id=pa.array(["t1", "t2"], pa.large_string()),
            customer_segments=pa.array([["vip", "new"], None], kind),
        ),
        "a.parquet",
    )

    intake.take()

    assert intake.rows(
        "select customer_segments from raw.transactions order by transaction_id"
    ) == [(["vip", "new"],), (None,)]


def test_whole_numbers_may_have_a_decimal_point(intake: Intake) -> None:
    rows = [Intake.row(transaction_id=f"t{n}", type=t) for n, t in enumerate(["1.0", "2.", "3"])]
    intake.deliver(intake.csv(*rows))

    intake.take()

    assert intake.rows("select transaction_type from raw.transactions order by transaction_id") == [
        (1,),
        (2,),
        (3,),
    ]


def test_device_numbers_that_look_like_card_numbers_can_be_declared(intake: Intake) -> None:
    intake.change(numeric_id=["device_id"])
    intake.deliver(intake.csv(Intake.row(device_id="490154203237518")))

    [receipt] = intake.take()

    assert receipt.rows_admitted == 1


def test_a_bad_value_of_a_json_line_rejects_only_that_line(intake: Intake) -> None:
    good = intake.jsonl(Intake.row()).decode().strip()
    lines = [
        good,
        good[:-1] + ', "amount": "9999.00"}',
        good.replace('"d1"', "NaN"),
        good.replace('"c1"', '["c1", "c2"]'),
        good.replace('"c1"', '{"id": "c1"}'),
        good.replace('"12.50"', "Infinity"),
        good.replace('"web"', "1.5"),
        good.replace('"c1"', "1e5"),
        good.replace('"c1"', "true"),
        good.replace('"web"', '"w\\ud800"'),
        good[:-1] + ', "unread": -Infinity}',
        good[:-1] + ', "unread": 1, "unread": 1}',
        "[" * 100_000,
        good.replace('"t1"', '"t2"'),
    ]
    intake.deliver("".join(f"{line}\n" for line in lines).encode(), "a.jsonl")

    intake.take()

    assert intake.rows("select transaction_id from raw.transactions order by 1") == [
        ("t1",),
        ("t2",),
    ]
    assert intake.rows("select row_number, reason from raw.rejected_rows order by 1") == [
        (number, "malformed_json") for number in range(2, 14)
    ]
    details = intake.rows("select detail from raw.rejected_rows order by row_number")
    assert [detail for (detail,) in details][:5] == [
        "a key occurs twice",
        "NaN is no value of JSON; write null where there is no value",
        "customer_id: neither text nor a whole number",
        "customer_id: an object, whose values have paths of their own",
        "Infinity is no value of JSON; write null where there is no value",
    ]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_an_item_without_a_value_is_no_item_of_a_list(intake: Intake, suffix: str) -> None:
    lists = [["a", "NULL", "b"], ["nan"], ["a", ""], ["a", "b"]]
    rows = [Intake.row(transaction_id=f"t{number}") for number in range(len(lists))]
    nulls = [[None if item == "nan" else item for item in items] for items in lists]
    header = ",".join((*Intake.columns, "customer_segments"))
    lines = [
        ",".join((*row.values(), "|".join(items))) for row, items in zip(rows, lists, strict=True)
    ]
    contents = {
        "csv": "".join(f"{line}\n" for line in (header, *lines)).encode(),
        "jsonl": intake.jsonl(
            *({**row, "customer_segments": n} for row, n in zip(rows, nulls, strict=True))
        ),
        "parquet": parquet_of(
            transaction_id=[row["transaction_id"] for row in rows], customer_segments=nulls
        ),
    }
    intake.deliver(contents[suffix], f"a.{suffix}")

    intake.take()

    segments = intake.rows("select customer_segments from raw.transactions order by transaction_id")
    # a text that is a token as a whole is no list
    assert segments == [(["a", "b"],), (None if suffix == "csv" else [],), (["a"],), (["a", "b"],)]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("amount", pa.array([1], pa.duration("us"))),
        ("customer_id", pa.array([1], pa.timestamp("us"))),
        ("device_id", pa.array([1], pa.date32())),
        ("customer_segments", pa.array([1.5])),
        ("customer_segments", pa.array([True])),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_a_column_of_another_meaning_holds_the_file(
    intake: Intake, name: str, column: pa.Array
) -> None:
    intake.deliver(parquet_of(**{name: column}), "a.parquet")

    [receipt] = intake.receive()

    assert receipt.reason is not None
    assert receipt.reason.startswith(f"wrong_type: {name} is {column.type}")
