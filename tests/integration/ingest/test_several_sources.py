"""Two tills and a web shop, with rates and labels of a third source, feed one warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features.ingest import admit_all
from features.ingest.deliveries import release
from features.platform.objects import FolderStore
from features.sources import descriptions
from scoring.domains import SCORE_TRANSACTIONS
from scoring.evidence import closure
from tests.integration.ingest.conftest import Intake

CARD: dict[str, Any] = {
    "formats": ["csv"],
    "columns": {
        "transaction_id": "ID",
        "customer_id": "CARD",
        "merchant_id": "SHOP",
        "timestamp": "AT",
        "amount": "SUM",
        "currency": "CUR",
    },
    "settle_seconds": 0,
}
SHOPS = {"description": "Shops.", "maturity_days": 7, "time_zone": "UTC"}
SOURCES = {
    "pos": {
        **SHOPS,
        "feeds": {"transactions": CARD, "kiosk": {**CARD, "feed": "transactions"}},
    },
    "web": {**SHOPS, "feeds": {"transactions": CARD}},
    "bank": {
        **SHOPS,
        "provenance_rank": ["bank"],
        "feeds": {
            "fx_rates": {
                "formats": ["csv"],
                "columns": {"currency": "CUR", "rate_date": "DAY", "rate": "RATE"},
                "settle_seconds": 0,
            },
            "transaction_labels": {
                "formats": ["csv"],
                "columns": {
                    "transaction_id": "ID",
                    "is_fraud": "BAD",
                    "provenance": {"constant": "bank"},
                },
                "settle_seconds": 0,
            },
        },
    },
    "all": {**SHOPS, "include": ["web", "pos", "bank"], "provenance_rank": ["bank"]},
}
HEADER = "ID,CARD,SHOP,AT,SUM,CUR\n"


@pytest.fixture
def shops(migrated: Any, tmp_path: Path) -> Iterator[Intake]:
    """Take in the set of all sources."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for name, described in SOURCES.items():
        (folder / f"{name}.yaml").write_text(json.dumps(described))
    sources = descriptions.load("all", folder=folder)
    intake = Intake(migrated, FolderStore(tmp_path / "objects"), sources)
    yield intake
    intake.connection.close()


def payment(name: str, amount: str = "10.00", currency: str = "USD") -> str:
    return f"{name},c1,m1,2026-03-01T10:00:00,{amount},{currency}\n"


def registered(intake: Intake) -> list[tuple[Any, ...]]:
    """Return the deliveries of the register."""
    return intake.rows(
        "select source, feed, state, rows_admitted, rows_duplicate from raw.deliveries "
        "order by source, feed, received_at"
    )


def assert_closes(intake: Intake) -> None:
    with intake.db.connect("score") as connection:
        equations = closure.equations(connection, SCORE_TRANSACTIONS)
    assert [equation for equation in equations if not equation.holds] == []


def test_feeds_of_one_kind_from_several_sources_fill_one_table(shops: Intake) -> None:
    shops.deliver((HEADER + payment("p1")).encode(), feed="pos.transactions")
    shops.deliver((HEADER + payment("k1")).encode(), feed="pos.kiosk")
    shops.deliver((HEADER + payment("w1", currency="EUR")).encode(), feed="web.transactions")
    shops.deliver(b"CUR,DAY,RATE\nEUR,2026-03-01,1.2\n", feed="bank.fx_rates")
    shops.deliver(b"ID,BAD\nw1,1\np1,0\n", feed="bank.transaction_labels")

    shops.take()

    assert registered(shops) == [
        ("bank", "fx_rates", "admitted", 1, 0),
        ("bank", "transaction_labels", "admitted", 2, 0),
        ("pos", "transactions", "admitted", 1, 0),
        ("pos.kiosk", "transactions", "admitted", 1, 0),
        ("web", "transactions", "admitted", 1, 0),
    ]
    assert shops.rows(
        "select transaction_id, amount_base_minor from raw.transactions order by 1"
    ) == [("k1", 1000), ("p1", 1000), ("w1", 1200)]
    assert shops.rows(
        "select transaction_id, is_fraud, source from raw.transaction_labels order by 1"
    ) == [("p1", False, "bank"), ("w1", True, "bank")]
    assert_closes(shops)


def test_each_source_has_arrivals_and_repeats_of_its_own(shops: Intake) -> None:
    content = (HEADER + payment("p1")).encode()
    shops.deliver(content, feed="pos.transactions")
    shops.take()
    shops.deliver(content, "again.csv", "pos.transactions")
    shops.take()
    shops.deliver(content, feed="web.transactions")  # the same bytes and the same name

    shops.take()

    assert registered(shops) == [
        ("pos", "transactions", "admitted", 1, 0),
        ("web", "transactions", "admitted", 0, 1),
    ]
    assert shops.rows("select object_name from raw.repeated_deliveries") == [
        ("landing/pos/transactions/again.csv",)
    ]
    assert_closes(shops)


def test_an_id_of_another_source_holds_the_delivery_and_names_the_key(shops: Intake) -> None:
    shops.deliver((HEADER + payment("1") + payment("2")).encode(), feed="pos.transactions")
    shops.take()
    rows = HEADER + payment("1", "99.00") + payment("3", "99.00")
    shops.deliver(rows.encode(), feed="web.transactions")

    shops.take()

    ((state, reason, delivery_id),) = shops.rows(
        "select state, reason, delivery_id from raw.deliveries where source = 'web'"
    )
    assert state == "held"
    assert reason.startswith("ids_of_another_source: 1 rows have a transaction_id under which pos")
    assert "`prefix`" in reason
    assert "`shares_ids: true`" in reason
    assert shops.rows("select transaction_id, version from raw.transactions order by 1") == [
        ("1", 1),
        ("2", 1),
    ]
    assert_closes(shops)

    release(delivery_id, "the rows are corrections", shops.connection)
    shops.take()

    assert shops.rows("select max(version), count(*) from raw.transactions") == [(2, 4)]
    assert_closes(shops)


def test_a_prefix_keeps_the_ids_of_two_sources_apart(shops: Intake) -> None:
    columns = CARD["columns"] | {"transaction_id": {"column": "ID", "prefix": "web-"}}
    shops.change("web.transactions", columns=columns)
    shops.deliver((HEADER + payment("1")).encode(), feed="pos.transactions")
    shops.deliver((HEADER + payment("1", "99.00")).encode(), feed="web.transactions")

    shops.take()

    assert shops.rows("select transaction_id, version from raw.transactions order by 1") == [
        ("1", 1),
        ("web-1", 1),
    ]
    assert_closes(shops)


def test_a_feed_may_correct_the_rows_of_another(shops: Intake) -> None:
    shops.deliver((HEADER + payment("1")).encode(), feed="pos.transactions")
    shops.take()
    shops.change("pos.kiosk", shares_ids=True)
    shops.deliver((HEADER + payment("1", "99.00")).encode(), feed="pos.kiosk")

    shops.take()

    assert shops.rows("select max(version), count(*) from raw.transactions") == [(2, 2)]


def test_a_source_corrects_its_own_rows_beside_others(shops: Intake) -> None:
    for name, amount in (("a.csv", "10.00"), ("b.csv", "11.00")):
        shops.deliver((HEADER + payment("1", amount)).encode(), name, "pos.transactions")
        shops.take()

    assert shops.rows("select max(version) from raw.transactions") == [(2,)]


def test_a_source_that_left_the_set_is_held_and_named(shops: Intake) -> None:
    shops.deliver((HEADER + payment("1")).encode(), feed="web.transactions")
    (received,) = shops.receive()
    feeds = {name: feed for name, feed in shops.sources.feeds.items() if feed.source != "web"}
    left = shops.sources.model_copy(update={"feeds": feeds})

    admitted = admit_all([received.delivery_id], shops.connection, left)

    assert admitted == []
    ((state, reason),) = shops.rows("select state, reason from raw.deliveries")
    assert state == "held"
    assert reason.startswith("not_described: ")
    assert "source 'web', which the set 'all' does not describe" in reason
