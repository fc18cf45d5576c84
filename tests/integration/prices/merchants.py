"""Three merchants in Postgres whose prices were estimated once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from features.build import build
from features.synthesize.stores.world import World
from scoring.pricing.estimation import Receipt
from tests.conftest import Db

#: A merchant with a week of sales, and one whose pieces are no numbers.
NEW, BROKEN = "new", "broken"


@dataclass(frozen=True)
class Estimated:
    """A warehouse with three merchants, estimated once."""

    db: Db
    world: World
    receipt: Receipt

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        return self.db.rows(query, *parameters)


def book(db: Db) -> None:
    """Book the days of all admitted sales."""
    build("demand_features", db.settings.warehouse, db.settings.work)
