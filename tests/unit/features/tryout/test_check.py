"""A check gives the verdicts of ingest on a whole file, and shows no value of a person."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from features.platform.errors import ConfigurationError
from features.sources import descriptions
from features.sources.descriptions import Sources
from features.tryout import trial
from features.tryout.check_page import page
from features.tryout.findings import FeedCheck
from features.tryout.next_steps import next_steps

SHOP = """\
description: Card payments of a shop.
time_zone: UTC
decide_from: 2026-02-01T00:00:00Z
maturity_days: 7
provenance_rank: [bank]
feeds:
  transactions:
    formats: [csv]
    columns: {transaction_id: receipt, customer_id: card, merchant_id: shop, timestamp: paid_at,
              amount: total, currency: currency}
    inline_label: {column: bad, latency: 7d, provenance: bank}
    tolerated_bad_share: 0.5
  transaction_labels:
    formats: [csv]
    columns: {transaction_id: receipt, is_fraud: fraud, provenance: {constant: bank}}
"""
HEADER = "receipt,card,shop,paid_at,total,currency,bad\n"
GOOD = "R1,C1,S1,2026-01-05 14:02:11,12.30,EUR,0\n"


@pytest.fixture
def shop(tmp_path: Path) -> Sources:
    (tmp_path / "shop.yaml").write_text(SHOP)
    return descriptions.load(str(tmp_path / "shop.yaml"))


def checked(rows: str, shop: Sources, folder: Path, **options: object) -> FeedCheck:
    file = folder / "day.csv"
    file.write_text(HEADER + rows)
    (check, *_) = trial.trial_of(file, shop, feed="transactions", **options)  # type: ignore[arg-type]
    return check


def test_a_good_file_is_admitted_with_its_times_amounts_and_labels(
    shop: Sources, tmp_path: Path
) -> None:
    rows = GOOD + "R2,C1,S2,2026-02-05 14:02:11,2.50,EUR,1\n" + "R3,C2,S2,2026-02-05,3,EUR,\n"

    check = checked(rows, shop, tmp_path)

    assert (check.hold, check.rows, check.accepted) == (None, 3, 3)
    assert check.days == {date(2026, 1, 5): 1, date(2026, 2, 5): 2}
    assert check.before_decide_from == 1
    assert [(each.currency, each.rows, each.smallest, each.largest) for each in check.amounts] == [
        ("EUR", 3, Decimal("2.5"), Decimal("12.3"))
    ]
    assert [(each.rows, each.labelled, each.positive) for each in check.labels] == [
        (1, 1, 0),
        (2, 1, 1),
    ]


def test_rejected_rows_are_counted_by_reason_and_column_with_masked_examples(
    shop: Sources, tmp_path: Path
) -> None:
    rows = (
        GOOD
        + "R2,C1,S2,2026-01-05,$1,EUR,0\n"
        + "R3,5105105105105100,S2,2026-01-05,1,EUR,0\n"
        + "R4,C1,S2,2026-01-05,1\n"
    )

    check = checked(rows, shop, tmp_path)

    found = {(each.reason, each.column): each for each in check.rejections}
    assert {key: each.rows for key, each in found.items()} == {
        ("amount_not_a_number", "amount"): 1,
        ("card_number", "customer_id"): 1,
        ("wrong_field_count", None): 1,
    }
    assert found["amount_not_a_number", "amount"].examples[0].value == "$1"
    assert found["amount_not_a_number", "amount"].examples[0].line == 3
    assert "510510510510" not in found["card_number", "customer_id"].examples[0].value
    assert "too_many_bad_rows" in str(check.hold)


def test_repeated_keys_are_duplicates_or_contradictions_as_in_ingest(
    shop: Sources, tmp_path: Path
) -> None:
    rows = (
        GOOD * 3
        + "R2,C1,S1,2026-01-05,1,EUR,0\nR2,C1,S1,2026-01-05,2,EUR,0\n"
        + GOOD.replace("R1", "R3")
    )

    check = checked(rows, shop, tmp_path)

    assert (check.repeats.duplicates, check.repeats.conflicts) == (2, 2)
    assert check.repeats.examples == ((4, 5),)
    assert check.accepted == 2


def test_a_file_of_labels_is_joined_and_gives_the_rate(shop: Sources, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("receipt,fraud\nR1,1\nR9,0\n")

    check = checked(
        GOOD + GOOD.replace("R1", "R2"), shop, tmp_path, joins=[f"transaction_labels={labels}"]
    )

    (join,) = check.joins
    assert (join.key, join.rows, join.matched, join.keys, join.unused) == (
        "transaction_id",
        2,
        1,
        2,
        1,
    )
    assert [(each.rows, each.labelled, each.positive) for each in check.labels] == [(2, 1, 1)]


def test_the_feed_follows_from_the_columns_of_the_file(shop: Sources, tmp_path: Path) -> None:
    labels = tmp_path / "anything.csv"
    labels.write_text("receipt,fraud\nR1,1\n")

    (check,) = trial.trial_of(labels, shop)

    assert check.feed == "transaction_labels"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"feed": "loans"}, "--feed is one of transactions, transaction_labels"),
        ({"joins": ["labels.csv"]}, "transactions=FILE"),
        ({"joins": ["people=x.csv"]}, "has no such feed"),
        ({"joins": ["transaction_labels=none.csv"]}, "there is no file"),
    ],
)
def test_a_wrong_argument_is_refused_with_the_possible_ones(
    options: dict[str, object], words: str, shop: Sources, tmp_path: Path
) -> None:
    file = tmp_path / "day.csv"
    file.write_text(HEADER + GOOD)

    with pytest.raises(ConfigurationError, match=words):
        trial.trial_of(file, shop, **options)  # type: ignore[arg-type]


def test_a_file_that_cannot_be_read_is_held_and_not_a_traceback(
    shop: Sources, tmp_path: Path
) -> None:
    for content in (b"", b"\xff\xfe\x00", b'"', b"a,b\n1,2\n", b"\x1f\x8b\x08", HEADER.encode()):
        file = tmp_path / "odd.csv"
        file.write_bytes(content)

        (check, *_) = trial.trial_of(file, shop)

        assert check.hold or check.rows == 0


def test_the_page_escapes_hostile_text_and_loads_nothing(shop: Sources, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    rows = GOOD + f"R2,C1,S1,2026-01-05,{hostile},EUR,0\n"
    check = checked(rows, shop, tmp_path)

    text = page([check], description=hostile, steps=[hostile], moment=datetime.now(UTC))

    assert "<script" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert text.count("<svg") >= 3


def test_the_next_step_names_the_folder_of_the_checked_one_of_two_feeds(tmp_path: Path) -> None:
    labels = SHOP.partition("  transaction_labels:\n")[2]
    text = f"{SHOP}  web:\n    feed: transaction_labels\n{labels}"
    (tmp_path / "shop.yaml").write_text(text)
    shop = descriptions.load(str(tmp_path / "shop.yaml"))
    file = tmp_path / "labels.csv"
    file.write_text("receipt,fraud\nR1,1\n")

    checks = trial.trial_of(file, shop, feed="web")

    steps = " ".join(next_steps(checks, shop, "labels.csv", "shop.yaml"))
    assert "landing/shop/web/history" in steps
    assert "landing/shop/transaction_labels" not in steps
