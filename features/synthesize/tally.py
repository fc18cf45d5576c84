"""Count the written rows and files of a run."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from features.synthesize.faults import Delivered
from features.synthesize.kinds import NAMES, PURCHASE
from features.synthesize.rows import Rows, Scenario


@dataclass(slots=True)
class Counts:
    """Counts of one run.

    Args:
        rows: distinct good transactions; `history_rows` and `live_rows` add up to them.
        frauds: fraudulent transactions, by scenario.
        kinds: transactions that are no purchases, by kind.
        late: rows delivered in a later file than their own.
        duplicates: rows delivered once more.
        bad: added bad rows, by kind.
        labels: labels delivered.
        labels_later: labels that are known only after the end, and so not delivered.
        unreported: frauds that are never reported.
        false_alarms: honest transactions that are reported as fraud.
        rates: exchange rates delivered.
        applications: loan applications delivered.
        outcomes: outcomes of loans delivered.
        sale_lines: lines of sales, returns and cancellations delivered.
        promotions: promotions delivered.
        purchase_orders: versions of purchase orders delivered.
        stock_movements: movements of stock delivered.
        stock_levels: counts of stock delivered.
        files: files by feed.
        size_bytes: bytes of all files of all feeds.
    """

    rows: int = 0
    history_rows: int = 0
    live_rows: int = 0
    frauds: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    late: int = 0
    duplicates: int = 0
    bad: dict[str, int] = field(default_factory=dict)
    labels: int = 0
    labels_later: int = 0
    unreported: int = 0
    false_alarms: int = 0
    rates: int = 0
    applications: int = 0
    outcomes: int = 0
    sale_lines: int = 0
    promotions: int = 0
    purchase_orders: int = 0
    stock_movements: int = 0
    stock_levels: int = 0
    files: dict[str, int] = field(default_factory=dict)
    size_bytes: int = 0

    def add_rows(self, rows: Rows, *, is_history: bool) -> None:
        """Count a span's rows and its frauds."""
        self.rows += len(rows)
        self.history_rows += len(rows) if is_history else 0
        self.live_rows += 0 if is_history else len(rows)
        for scenario in Scenario:
            if scenario is not Scenario.NONE:
                name = scenario.name.lower()
                count = int((rows.scenario == scenario).sum())
                self.frauds[name] = self.frauds.get(name, 0) + count

        for index, name in enumerate(NAMES):
            if index != PURCHASE:
                count = int((rows.kind == index).sum())
                self.kinds[name] = self.kinds.get(name, 0) + count

    def add_faults(self, delivered: Delivered) -> None:
        """Count late rows, duplicates and bad rows."""
        self.late += int(delivered.is_late.sum())
        self.duplicates += int(delivered.is_duplicate.sum())
        for kind, count in delivered.bad.items():
            self.bad[kind] = self.bad.get(kind, 0) + count

    @property
    def fraud_rows(self) -> int:
        """All fraudulent transactions."""
        return sum(self.frauds.values())

    @property
    def bad_rows(self) -> int:
        """All bad rows."""
        return sum(self.bad.values())

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        totals = {"fraud_rows": self.fraud_rows, "bad_rows": self.bad_rows}
        return {item.name: getattr(self, item.name) for item in fields(self)} | totals
