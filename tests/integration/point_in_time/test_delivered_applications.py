"""Late and corrected applications from real files leave earlier features unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from features.build import build
from features.platform.objects import FolderStore
from features.rebuild import keys_of, rebuild
from features.views import APPLICATIONS
from features.views.digests import feature_digest
from tests.conftest import Db
from tests.integration.ingest.conftest import Intake, quick
from tests.integration.ingest.loans import APPLICATION, LABEL, file_of

DAY = timedelta(days=1)
DIGEST = feature_digest(APPLICATIONS).as_string()
TOLD = "applicant_application_count, applicant_last_outcome, customer_fraud_confirmed_count"


class Office(Intake):
    """Take in files dated relative to now, and build their features."""

    @property
    def now(self) -> datetime:
        """Return the warehouse's clock."""
        [(now,)] = self.rows("select clock_timestamp()")
        moment: datetime = now
        return moment

    def deliver_applications(
        self, *applications: tuple[str, str, datetime], **overrides: str
    ) -> None:
        """Deliver applications of (name, customer, time)."""
        rows = [
            APPLICATION
            | {"application_id": name, "customer_id": of, "applied_at": at.isoformat()}
            | overrides
            for name, of, at in applications
        ]
        self.deliver_new(file_of(*rows), feed="applications")

    def deliver_transaction(self, name: str, customer: str, at: datetime, amount: str) -> None:
        """Deliver a transaction."""
        row = self.row(
            transaction_id=name, customer_id=customer, timestamp=at.isoformat(), amount=amount
        )
        self.deliver_new(self.csv(row))

    def deliver_verdict(self, feed: str, **row: str) -> None:
        """Deliver a verdict on a transaction or on a loan."""
        self.deliver_new(file_of(row), feed=feed)

    def built(self) -> dict[tuple[str, int], str]:
        """Take in the pending files and build; return the digest of every feature row."""
        self.take()
        build("application_features", self.db.settings.warehouse, self.db.settings.work)
        rows = self.rows(f"select application_id, version, {DIGEST} from marts.feat_applications")
        return {(name, version): digest for name, version, digest in rows}

    def features_of(self, name: str, columns: str) -> tuple[Any, ...]:
        """Return some features of an application."""
        [row] = self.rows(
            f"select {columns} from marts.feat_applications where application_id = %s", name
        )
        return row


@pytest.fixture
def office(built: Db, tmp_path: Path) -> Iterator[Office]:
    """Take in the synthetic source in a built warehouse."""
    sources = quick("synthetic", decide_from="2020-01-01T00:00:00Z")
    new_office = Office(built, FolderStore(tmp_path / "landing"), sources)
    yield new_office
    new_office.connection.close()


def test_late_and_corrected_applications_change_only_later_features(
    office: Office,
) -> None:
    start = office.now
    office.deliver_transaction("early", "c1", start - 20 * DAY, "100.00")
    office.deliver_applications(
        ("first", "c1", start - 30 * DAY), ("second", "c1", start - 10 * DAY)
    )
    before = office.built()

    # old events that become known only now: a transaction, an application, a change of its customer
    office.deliver_transaction("late", "c1", start - 40 * DAY, "50.00")
    office.deliver_applications(("late", "c1", start - 50 * DAY))
    office.deliver_applications(("first", "c2", start - 30 * DAY))
    office.deliver_verdict("transaction_labels", transaction_id="early", is_fraud="true",
                known_at="", provenance="chargeback")  # fmt: skip
    office.deliver_verdict("application_labels", **(LABEL | {"application_id": "first"}))
    after = office.built()
    office.deliver_applications(("third", "c1", office.now), ("fourth", "c2", office.now))
    last = office.built()

    assert after.keys() - before.keys() == {("late", 1), ("first", 2)}
    assert before.items() <= after.items() <= last.items()
    assert office.features_of("second", TOLD) == (1, "open", 0)
    assert office.features_of("third", TOLD) == (2, "open", 1)
    assert office.features_of("fourth", TOLD) == (1, "bad", 0)
    spent = "customer_spend_sum_30d, customer_spend_sum_90d"
    assert office.features_of("second", spent) == (100, 100)
    assert office.features_of("third", spent) == (100, 150)

    columns = [pa.array(column) for column in zip(*last, strict=True)]
    types = keys_of(APPLICATIONS)
    keys = pa.table(dict(zip(types, columns, strict=True))).cast(pa.schema(types))
    settings = office.db.settings
    again = rebuild(keys, APPLICATIONS, settings.warehouse, settings.work)
    assert (again.rows, again.changed) == (len(last), [])
