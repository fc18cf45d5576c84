"""Provide a landing folder and a warehouse that takes in its files."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from features.ingest import (
    AdmitReceipt,
    DeliveryReceipt,
    admit_all,
    receive_all,
)
from features.ingest.limits import DEFAULT, Limits
from features.platform.objects import FolderStore, ObjectStore
from features.sources import descriptions
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed
from infra.local.postgres import Cluster
from infra.postgres.warehouse import create_database

COLUMNS = (
    "transaction_id",
    "customer_id",
    "merchant_id",
    "timestamp",
    "amount",
    "currency",
    "type",
    "card_bin",
    "ip_address",
    "device_id",
    "location",
    "channel",
)


class Intake:
    """Deliver files, take them in, and read the result."""

    columns = COLUMNS

    def __init__(self, db: Any, store: ObjectStore, sources: Sources) -> None:
        self.db = db
        self.store = store
        self.sources = sources
        self.connection: psycopg.Connection[Any] = db.connect("ingest")

    @staticmethod
    def row(**overrides: str) -> dict[str, str]:
        """Return a valid transaction."""
        return {
            "transaction_id": "t1",
            "customer_id": "c1",
            "merchant_id": "m1",
            "timestamp": "2026-03-01T10:00:00Z",
            "amount": "12.50",
            "currency": "USD",
            "type": "1",
            "card_bin": "411111",
            "ip_address": "192.0.2.1",
            "device_id": "d1",
            "location": "US-NY",
            "channel": "web",
            **overrides,
        }

    def csv(self, *rows: Mapping[str, str], header: str | None = None) -> bytes:
        """Return rows as CSV, every field quoted."""
        lines = [header if header is not None else ",".join(COLUMNS)]
        for row in rows:
            fields = (row[name].replace('"', '""') for name in COLUMNS)
            lines.append(",".join(f'"{field}"' for field in fields))
        return ("\n".join(lines) + "\n").encode()

    def jsonl(self, *rows: Mapping[str, Any]) -> bytes:
        """Return rows as JSON lines."""
        return "".join(json.dumps(row) + "\n" for row in rows).encode()

    def deliver(self, content: bytes, name: str = "a.csv", feed: str = "transactions") -> str:
        """Put a file into the landing folder of a feed; return its name in the store."""
        path = f"{self.sources.feeds[feed].folder}/{name}"
        self.store.put(path, content)
        return path

    def file(self, name: str) -> Path:
        """Return a delivered file of a folder store."""
        return Path(unquote(urlsplit(self.store.url(name)).path))

    def date(self, name: str, moment: float) -> None:
        """Set the modification time of a delivered file, in seconds of the epoch."""
        os.utime(self.file(name), (moment, moment))

    def change(self, feed: str = "transactions", **keys: Any) -> None:
        """Change the source description of a feed."""
        described = self.sources.feeds[feed].model_dump() | keys
        changed = SourceFeed.model_validate(described)
        self.sources = self.sources.model_copy(
            update={"feeds": {**self.sources.feeds, feed: changed}}
        )

    def spell(self, feed: str = "transactions", **columns: Mapping[str, Any]) -> None:
        """Add options to columns of a feed that are named as they are delivered."""
        described = {name: {"column": name, **options} for name, options in columns.items()}
        self.change(feed, columns={**self.sources.feeds[feed].columns, **described})

    def deliver_new(self, content: bytes, suffix: str = "csv", feed: str = "transactions") -> str:
        """Put a file under a name that no other case uses."""
        return self.deliver(content, f"{uuid.uuid4().hex}.{suffix}", feed)

    def receive(self, limits: Limits = DEFAULT) -> list[DeliveryReceipt]:
        """Parse the pending files."""
        return receive_all(self.sources, self.store, self.connection, limits=limits)

    def take(self, base_currency: str = "USD") -> list[AdmitReceipt]:
        """Receive and admit the pending files."""
        parsed = [receipt.delivery_id for receipt in self.receive() if receipt.state == "parsed"]
        return admit_all(parsed, self.connection, self.sources, base_currency=base_currency)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        result: list[tuple[Any, ...]] = self.db.rows(query, *parameters)
        return result

    def raw_state(self) -> list[tuple[Any, ...]]:
        """Return every table that an admission may change, without the times of day."""
        queries = (
            "select transaction_id, version, content_digest, delivery_seq "
            "from raw.transaction_versions order by 1, 2",
            "select transaction_id, version, amount_minor, amount_base_minor, known_at "
            "from raw.transactions order by 1, 2",
            "select * from raw.transaction_labels order by 1, 2",
            "select * from raw.fx_rates order by 1, 2, 3",
            "select delivery_id, row_number, reason from raw.rejected_rows order by 1, 2",
            "select last_known_at::text, last_delivery_seq from raw.ledger_clock",
        )
        return [row for query in queries for row in self.rows(query)]


def quick(name: str, **overrides: Any) -> Sources:
    """Return a source set that does not wait for files to settle and tolerates bad rows."""
    described = descriptions.load(name, overrides)
    feeds = {
        feed: value.model_copy(update={"settle_seconds": 0.0, "tolerated_bad_share": 1.0})
        for feed, value in described.feeds.items()
    }
    return described.model_copy(update={"feeds": feeds})


class SharedDb:
    """Share one warehouse among cases that do not disturb each other."""

    def __init__(self, cluster: Cluster, database: str) -> None:
        self._cluster = cluster
        self._database = database

    @property
    def conninfo(self) -> str:
        """Return the connection string of a superuser."""
        return self._cluster.conninfo(self._database)

    def connect(self, role: str) -> psycopg.Connection[Any]:
        """Open a connection as a login role."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self._cluster.port,
            dbname=self._database,
            user=role,
            password=self._cluster.password,
            options="-c timezone=UTC",
        )

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()


@pytest.fixture(scope="module")
def warehouse_of_module(cluster: Cluster, migrated_template: str) -> Iterator[SharedDb]:
    """Make one warehouse for all cases of a module."""
    database = f"test_{uuid.uuid4().hex[:12]}"
    create_database(cluster.conninfo(), database, "owner", migrated_template)
    yield SharedDb(cluster, database)
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute(f"drop database {database} with (force)".encode())


@pytest.fixture(scope="module")
def shared_intake(
    warehouse_of_module: SharedDb, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Intake]:
    """Take in the synthetic source, in one warehouse for all cases of a module."""
    new_intake = Intake(
        warehouse_of_module,
        FolderStore(tmp_path_factory.mktemp("objects")),
        quick("synthetic", decide_from="2026-01-01T00:00:00Z"),
    )
    yield new_intake
    new_intake.connection.close()


@pytest.fixture
def intake(migrated: Any, tmp_path: Path) -> Iterator[Intake]:
    """Take in the synthetic source, decided from 2026-01-01 on."""
    new_intake = Intake(
        migrated,
        FolderStore(tmp_path / "objects"),
        quick("synthetic", decide_from="2026-01-01T00:00:00Z"),
    )
    yield new_intake
    new_intake.connection.close()


@pytest.fixture
def handbook(migrated: Any, tmp_path: Path) -> Iterator[Intake]:
    """Take in the handbook's source, with its labels inline."""
    new_intake = Intake(migrated, FolderStore(tmp_path / "objects"), quick("fraud_handbook"))
    yield new_intake
    new_intake.connection.close()
