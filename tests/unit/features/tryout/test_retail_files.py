"""The shipped descriptions of retail files account for every line of the published files."""

from __future__ import annotations

from pathlib import Path

from features.sources import descriptions
from features.tryout.trial import trial_of


def test_every_line_of_online_retail_is_accepted_or_a_duplicate_or_rejected(
    test_data: Path,
) -> None:
    path = test_data / "retail" / "online_retail_uci.parquet"

    (check,) = trial_of(path, descriptions.load("online_retail"))

    assert check.hold is None
    assert (check.rows, check.accepted, check.repeats.duplicates) == (541_909, 536_635, 5_268)
    rejected = {(group.reason, group.column): group.rows for group in check.rejections}
    assert rejected == {
        ("amount_too_precise", "unit_price"): 4,
        ("amount_not_positive", "unit_price"): 2,
    }


def test_the_lines_and_products_of_complete_journey_are_taken_for_their_feeds(
    test_data: Path,
) -> None:
    folder, source = test_data / "retail", descriptions.load("complete_journey")

    (lines,) = trial_of(folder / "completejourney_transactions_75k.parquet", source)
    (products,) = trial_of(folder / "completejourney_products.parquet", source)

    assert (lines.feed, lines.rows, lines.accepted, lines.repeats.duplicates) == (
        *("sales", 75_000, 74_584),
        0,
    )
    assert {group.reason: group.rows for group in lines.rejections} == {"not_a_quantity": 416}
    assert (products.feed, products.accepted) == ("products", 20_897)
