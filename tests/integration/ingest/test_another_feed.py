"""A feed is a declaration: one that the product does not have is parsed, landed and admitted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from expectations import suites
from expectations.errors import GateFailedError
from expectations.runner import validate
from features.feeds import FEEDS, Feed
from features.ingest import HistoryRefusedError, admit
from features.platform.objects import FolderStore
from features.sources.mapping import SourceFeed
from tests.integration.ingest.conftest import Intake
from tests.integration.ingest.loans import file_of
from tests.integration.ingest.tickets import MIGRATION, RETURN, TICKET, TICKET_RETURNS, TICKETS


def described(feed: Feed) -> SourceFeed:
    """Return how a source delivers a feed under its canonical names."""
    return SourceFeed.model_validate(
        {
            "feed": feed.name,
            "source": "synthetic",
            "time_zone": None,
            "folder": f"landing/synthetic/{feed.name}",
            "formats": ["csv", "jsonl", "parquet"],
            "columns": {column.name: column.name for column in feed.columns},
            "tolerated_bad_share": 1.0,
            "settle_seconds": 0.0,
        }
    )


@pytest.fixture
def shop(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> Intake:
    """The synthetic source, which also sells."""
    for feed in (TICKETS, TICKET_RETURNS):
        monkeypatch.setitem(FEEDS, feed.name, feed)  # one more file in the folder of feeds
    with intake.db.superuser() as connection:
        connection.execute(MIGRATION)
    more = {feed.name: described(feed) for feed in (TICKETS, TICKET_RETURNS)}
    intake.sources = intake.sources.model_copy(update={"feeds": {**intake.sources.feeds, **more}})
    return intake


def sold(shop: Intake, *rows: Mapping[str, str]) -> None:
    """Deliver sales and take them in."""
    shop.deliver_new(file_of(*rows), feed="tickets")
    shop.take()


def rejected(shop: Intake) -> list[tuple[str, str]]:
    """Return reason and column of each rejected row, in the order of the file."""
    return shop.rows(
        "select reason, split_part(detail, ':', 1) from raw.rejected_rows order by row_number"
    )


def test_columns_of_one_name_are_parsed_by_the_kind_of_their_own_feed(shop: Intake) -> None:
    shop.deliver(file_of({"currency": "EUR", "rate_date": "2026-02-28", "rate": "1.5"}),
                 feed="fx_rates")  # fmt: skip
    shop.deliver(shop.csv(shop.row(amount="12.50", type="7")))
    sold(shop, TICKET)

    assert shop.rows(
        "select units_sold, stock_percent, price_minor, price_base_minor, stated_date::text, tags,"
        " version, is_history from raw.tickets"
    ) == [(3, 62.5, 250, 375, "2026-03-02", ["food", "fresh"], 1, False)]
    assert shop.rows("select amount_minor, transaction_type from raw.transactions") == [(1250, 7)]


def test_a_bad_value_has_the_reason_of_the_kind_in_its_own_feed(shop: Intake) -> None:
    sold(
        shop,
        TICKET | {"amount": "12.50"},  # an amount of a transaction, and no count
        TICKET | {"quantity": "-1"},
        TICKET | {"known_at": "2026-03-02T10:00:00Z"},  # an instant of a label, and no date
        TICKET | {"price": "free"},
    )

    assert rejected(shop) == [
        ("not_a_count", "amount"),
        ("not_a_percentage", "quantity"),
        ("timestamp_not_a_time", "known_at"),
        ("amount_not_a_number", "price"),
    ]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_rows_enter_their_own_raw_table_and_nothing_is_taken_for_labels(
    shop: Intake, suffix: str
) -> None:
    content = file_of(TICKET) if suffix == "csv" else f"{json.dumps(TICKET)}\n".encode()
    shop.deliver(content, f"a.{suffix}", "tickets")
    [receipt] = shop.take()

    assert (receipt.feed, receipt.rows_in_file, receipt.rows_admitted) == ("tickets", 1, 1)
    assert receipt.first_occurred_at == receipt.last_occurred_at is not None
    assert shop.rows("select count(*) from raw.transaction_labels") == [(0,)]
    [(digests,)] = shop.rows("select digests from raw.deliveries")
    assert digests["raw.tickets"]["rows"] == 1


def test_a_repetition_is_a_duplicate_and_a_correction_the_next_version(shop: Intake) -> None:
    sold(shop, TICKET)
    sold(shop, TICKET | {"amount": "4"})
    sold(shop, TICKET | {"amount": "4"}, TICKET | {"ticket_id": "s2"})

    assert shop.rows("select ticket_id, version, units_sold from raw.tickets order by 1, 2") == [
        ("s1", 1, 3),
        ("s1", 2, 4),
        ("s2", 1, 3),
    ]
    assert shop.rows("select sum(rows_duplicate)::integer from raw.deliveries") == [(1,)]


def test_two_contents_of_one_key_in_a_file_are_both_rejected(shop: Intake) -> None:
    sold(shop, TICKET, TICKET | {"price": "3.00"}, TICKET | {"ticket_id": "s2"})

    assert {reason for reason, _ in rejected(shop)} == {"conflicting_content"}
    assert shop.rows("select ticket_id from raw.tickets") == [("s2",)]


def test_a_feed_of_labels_states_a_column_of_its_own(shop: Intake) -> None:
    for number, quantity in enumerate(("1", "1", "2")):
        content = b"\n" * number + file_of(RETURN | {"quantity": quantity})
        shop.deliver(content, f"{number}.csv", "ticket_returns")
        shop.take()

    assert shop.rows("select version, units_returned from raw.ticket_returns order by 1") == [
        (1, 1),
        (2, 2),
    ]


def test_a_feed_that_takes_no_history_holds_a_load_of_it(shop: Intake) -> None:
    shop.deliver(file_of(TICKET), "history/a.csv", "tickets")
    [delivery] = shop.receive()

    with pytest.raises(HistoryRefusedError, match="a history load of tickets, which takes none"):
        admit(delivery.delivery_id, shop.connection, shop.sources)

    assert shop.rows("select state, split_part(reason, ':', 1) from raw.deliveries") == [
        ("held", "history_refused")
    ]


def test_the_gate_of_a_feed_follows_from_its_declaration(shop: Intake, tmp_path: Path) -> None:
    shop.deliver(file_of(TICKET, TICKET | {"ticket_id": "s2", "sold_at": "2026-03-03T09:00:00Z"}),
                 feed="tickets")  # fmt: skip
    [delivery] = shop.receive()
    table = str(delivery.landed_table)

    def gate() -> str:
        return validate(
            suites.of_feed("tickets"),
            table,
            expected_rows=2,
            subject=str(delivery.delivery_id),
            url=shop.db.settings.warehouse.url("score"),
            store=FolderStore(tmp_path / "reports"),
        ).verdict

    assert gate() == "passed"
    with shop.db.superuser() as connection:
        connection.execute(f"update {table} set units_sold = null".encode())
    with pytest.raises(GateFailedError, match="units_sold"):
        gate()
