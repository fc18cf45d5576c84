"""Coordinates of customer and merchant on the row of a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from features.sources.mapping import SourceFeed

AT = ("customer_latitude", "customer_longitude", "merchant_latitude", "merchant_longitude")


@pytest.fixture
def mapped(intake: Any) -> Any:
    """Take in files that may have coordinates."""
    feed = intake.sources.feeds["transactions"]
    intake.change(
        columns={**feed.columns, **{name: name for name in AT}},
        optional=feed.optional | frozenset(AT),
    )
    return intake


def csv(intake: Any, *rows: Mapping[str, str]) -> bytes:
    """Return transactions with their coordinates."""
    names = (*intake.columns, *AT)
    lines = [",".join(names)]
    for number, row in enumerate(rows):
        whole = {**intake.row(transaction_id=f"t{number}"), **dict.fromkeys(AT, ""), **row}
        lines.append(",".join(whole[name] for name in names))
    return ("\n".join(lines) + "\n").encode()


def test_coordinates_are_stored_as_degrees(mapped: Any) -> None:
    vienna = dict(zip(AT, ("48.2082", "16.373799999999999", "-90", "1.8e2"), strict=True))
    mapped.deliver(csv(mapped, vienna, {}))

    mapped.take()

    assert mapped.rows(f"select {', '.join(AT)} from raw.transactions order by transaction_id") == [
        (48.2082, 16.3738, -90.0, 180.0),
        (None, None, None, None),
    ]


def test_a_place_off_the_earth_rejects_its_row(mapped: Any) -> None:
    pairs = [("90.01", "0"), ("0", "-180.5"), ("north", "0"), ("0", "nan"), ("48", ""), ("", "16")]
    mapped.deliver(
        csv(mapped, *({AT[0]: latitude, AT[1]: longitude} for latitude, longitude in pairs))
    )

    mapped.take()

    assert mapped.rows(
        "select row_number, reason, split_part(detail, ':', 1) from raw.rejected_rows order by 1"
    ) == [
        (1, "not_a_latitude", "customer_latitude"),
        (2, "not_a_longitude", "customer_longitude"),
        (3, "not_a_latitude", "customer_latitude"),
        (4, "incomplete_coordinates", "customer_latitude"),
        (5, "incomplete_coordinates", "customer_latitude"),
        (6, "incomplete_coordinates", "customer_latitude"),
    ]


def test_a_row_without_coordinates_has_the_digest_of_before_they_existed(mapped: Any) -> None:
    mapped.deliver(csv(mapped, {}, {AT[0]: "1", AT[1]: "2"}))
    mapped.take()

    old = (
        "sha256(record_send(row(transaction_id, customer_id, merchant_id, occurred_at, "
        "amount_minor, currency_code, transaction_type, card_bin, ip_address, device_id, "
        "location_code, channel, transaction_category, customer_segments, merchant_risk_score, "
        "card_risk_score, customer_risk_score, is_velocity_alert, is_location_alert, "
        "is_device_alert, is_high_value)))"
    )
    assert mapped.rows(
        f"select transaction_id, versions.content_digest = {old} from raw.transactions "
        "join raw.transaction_versions as versions using (transaction_id, customer_id, occurred_at)"
        " order by 1"
    ) == [("t0", True), ("t1", False)]


def test_coordinates_that_arrive_later_are_a_correction(mapped: Any) -> None:
    mapped.deliver(csv(mapped, {}), "a.csv")
    mapped.take()
    mapped.deliver(csv(mapped, {AT[2]: "1", AT[3]: "2"}), "b.csv")

    (receipt,) = mapped.take()

    assert receipt.rows_admitted == 1
    assert mapped.rows("select max(version) from raw.transactions") == [(2,)]


def test_a_latitude_cannot_be_mapped_without_its_longitude(intake: Any) -> None:
    feed = intake.sources.feeds["transactions"]
    described = feed.model_dump() | {"columns": {**feed.columns, AT[2]: "lat"}}

    with pytest.raises(ValueError, match="merchant_latitude needs merchant_longitude beside it"):
        SourceFeed.model_validate(described)
