"""Take a warehouse through the stages of a night, for faults of the job `segment_customers`.

The warehouse is that of the other cases, with sales of two merchants beside the transactions.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.postgres import warehouse as bootstrap
from tests.faults import deliveries
from tests.faults.flow import WindowRequest
from tests.faults.house import House, Stage, pins, stored
from tests.faults.invariants import Expected
from tests.faults.world import World

DAY = timedelta(days=1)
NIGHT = datetime(2025, 3, 3, tzinfo=UTC)  # the day that every case decides; none is decided before
FOLDER = f"landing/{deliveries.SOURCE}/sales"
CUSTOMERS = 270  # so many that a run has three chunks
COLUMNS = (
    *("merchant_id", "order_id", "line_no", "customer_id", "product_id", "category", "channel"),
    *("quantity", "unit_price", "discount", "currency", "occurred_at", "event", "is_merchandise"),
)
DESCRIPTION = f"""{deliveries.DESCRIPTION.rstrip()}
  sales:
    formats: [csv]
    columns: {{sale_line_id: {{columns: [merchant_id, order_id, line_no]}},
      {", ".join(f"{name}: {name}" for name in COLUMNS)}}}
    settle_seconds: 0
    tolerated_bad_share: 0.05
"""


@dataclass
class NightHouse(House):
    """The warehouse of a night: one merchant's customers, all of them active."""

    base: House | None = None
    request: WindowRequest = field(
        default_factory=lambda: WindowRequest(NIGHT, NIGHT + DAY, job="segment_customers")
    )

    def expected(self) -> Expected:
        """Return the customers of the night; the file of the day has one bad row."""
        from scoring.domains import JOBS

        names = (_customer(n).replace("%", "%25").replace("/", "%2F") for n in range(CUSTOMERS))
        ids = frozenset(f"m/{name}/{NIGHT:%Y-%m-%d}" for name in names)
        rejected = deliveries.first_window().rejected + 1
        return Expected(ids, rejected, job=JOBS["segment_customers"])

    def name_of(self, stage: Stage) -> str:
        """Return the name of the database of a stage."""
        return f"template_night_{stage}"

    def _make_waiting(self, name: str, folder: Path) -> None:
        """Take the warehouse of the other cases, load old sales, deliver those of the day."""
        assert self.base is not None
        template, source = self.base.template(Stage.WAITING)
        bootstrap.create_database(self.cluster.conninfo(), name, "owner", template)
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.log"))
        world = World(self, name, folder)
        shutil.rmtree(world.objects / "landing")
        self.pins = self._fitted(world)
        world.deliver("old.csv", _history(), f"{FOLDER}/history")
        ending = world.run(("ingest", "validate_raw", "admit"))
        if not ending.ok:
            raise RuntimeError(f"the old sales could not be loaded: {ending}")
        world.deliver("day.csv", _day(), FOLDER)

    def _fitted(self, world: World) -> dict[str, Any]:
        """Fit segments in a child, as the parent must never compute; return the pins."""
        from features.views import CUSTOMER_NIGHTS

        path = world.folder / "segments.skops"
        if world.spawn(lambda: _fit(path), "fit").wait() != 0:
            raise RuntimeError(f"the segments could not be fitted, see {world.folder}")
        pin = stored(world, path, "customer_segments", "1")
        return pins({"segments": pin}, CUSTOMER_NIGHTS.qualified)


def of(house: House) -> NightHouse:
    """Return the nights of a house, made once."""
    nights = house.reference.get("nights")
    if nights is None:
        folder = house.folder / "nights"
        folder.mkdir(parents=True)
        description = folder / house.description.name
        description.write_text(DESCRIPTION)
        nights = NightHouse(folder, house.cluster, house.passwords, description, base=house)
        house.reference["nights"] = nights
    assert isinstance(nights, NightHouse)
    return nights


def _customer(number: int) -> str:
    """Return the id of a customer; each fortieth id is hostile."""
    hostile = deliveries.HOSTILE[number // 40 % len(deliveries.HOSTILE)]
    return f"{hostile}{number}" if number % 40 == 0 else f"c{number}"


def _line(draw: random.Random, order: str, customer: str, at: datetime) -> dict[str, str]:
    return {
        "merchant_id": "m",
        "order_id": order,
        "line_no": "1",
        "customer_id": customer,
        "product_id": f"p{draw.randrange(30)}",
        "category": f"category {draw.randrange(5)}",
        "channel": draw.choice(("store", "web")),
        "quantity": str(1 + draw.randrange(3)),
        "unit_price": f"{draw.lognormvariate(2.5, 1.0) + 0.5:.2f}",
        "discount": "0.10" if draw.random() < 0.1 else "0",
        "currency": "USD",
        "occurred_at": at.isoformat(),
        "event": "return" if draw.random() < 0.02 else "sale",
        "is_merchandise": "true",
    }


def _history() -> bytes:
    """Return sales of 120 days; every customer has some."""
    draw = random.Random(4)  # noqa: S311 - data, not secrets
    rows = []
    for number in range(CUSTOMERS):
        for visit in range(1 + int(draw.expovariate(0.4))):
            at = NIGHT - timedelta(days=120 * draw.random())
            rows.append(_line(draw, f"h{number}-{visit}", _customer(number), at))
    return deliveries.csv(rows, COLUMNS)


def _day() -> bytes:
    """Return the sales of the day: some customers, guests, a repeated and a bad line."""
    draw = random.Random(5)  # noqa: S311 - data, not secrets
    rows = [
        _line(draw, f"d{number}", _customer(number), NIGHT + DAY * draw.random())
        for number in range(0, CUSTOMERS, 5)
    ]
    guests = [_line(draw, f"g{number}", "", NIGHT + DAY * draw.random()) for number in range(9)]
    bad = _line(draw, "bad", f"{deliveries.MARKER}-1", NIGHT) | {"quantity": deliveries.CARD}
    return deliveries.csv([*rows, *guests, bad, dict(rows[0])], COLUMNS)


def late_sales() -> bytes:
    """Return a line of the night of a customer who bought nothing before."""
    draw = random.Random(6)  # noqa: S311 - data, not secrets
    return deliveries.csv([_line(draw, "late", "late customer", NIGHT + DAY / 2)], COLUMNS)


def _fit(path: Path) -> None:
    """Fit the segments of drawn customers."""
    import numpy as np
    import skops.io

    from scoring.segments.fitting import fit_all

    draw = np.random.default_rng(7)
    values = np.column_stack(
        [draw.integers(0, 120, 400), 1 + draw.poisson(2.5, 400), draw.lognormal(3.5, 1.0, 400)]
    ).astype(np.float64)
    model, _ = fit_all({"m": values}, "2025-02-28", resamples=2)
    skops.io.dump(model, path)
