"""Take a warehouse through a night of products, for faults of `forecast_demand`.

The warehouse is that of the other cases, with sales and counts of stock of one merchant beside the
transactions. Its last stage, the published forecasts, is the first one of `plan_stock`.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from infra.postgres import warehouse as bootstrap
from tests.faults import deliveries
from tests.faults.flow import WindowRequest
from tests.faults.house import House, Stage, pins, stored
from tests.faults.invariants import Expected
from tests.faults.night_house import DAY, NIGHT
from tests.faults.world import World

FOLDER = f"landing/{deliveries.SOURCE}"
PRODUCTS = 150  # so many that a run of either job has two chunks
BY_WEB = 20  # products that sell in a second channel
DAYS = 60
SALES = (
    *("merchant_id", "order_id", "line_no", "product_id", "category", "channel", "quantity"),
    *("unit_price", "currency", "occurred_at", "event", "is_merchandise"),
)
COUNTS = ("stock_level_id", "merchant_id", "product_id", "location", "on_hand", "counted_at")


def _feed(name: str, columns: tuple[str, ...], key: str = "") -> str:
    mapped = ", ".join([*filter(None, [key]), *(f"{column}: {column}" for column in columns)])
    return (
        f"  {name}:\n    formats: [csv]\n    columns: {{{mapped}}}\n"
        "    settle_seconds: 0\n    tolerated_bad_share: 0.05\n"
    )


DESCRIPTION = (
    f"{deliveries.DESCRIPTION.rstrip()}\n"
    + _feed("stock_levels", COUNTS)
    + _feed("sales", SALES, "sale_line_id: {columns: [merchant_id, order_id, line_no]}")
)


@dataclass
class SeriesHouse(House):
    """The warehouse of a night: the products of one merchant, all of them sold lately."""

    base: House | None = None
    request: WindowRequest = field(
        default_factory=lambda: WindowRequest(NIGHT, NIGHT + DAY, job="forecast_demand")
    )

    def expected(self) -> Expected:
        """Return the series of the night; the file of the day has one bad row."""
        from scoring.domains import JOBS

        ids = frozenset(
            f"m/{quoted(product)}/{channel}/{NIGHT:%Y-%m-%d}" for product, channel in series()
        )
        rejected = deliveries.first_window().rejected + 1
        return Expected(ids, rejected, job=JOBS["forecast_demand"])

    def name_of(self, stage: Stage) -> str:
        """Return the name of the database of a stage."""
        return f"template_series_{stage}"

    def _make_waiting(self, name: str, folder: Path) -> None:
        """Take the warehouse of the other cases, load old files, deliver those of the day."""
        assert self.base is not None
        template, source = self.base.template(Stage.WAITING)
        bootstrap.create_database(self.cluster.conninfo(), name, "owner", template)
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.log"))
        world = World(self, name, folder)
        shutil.rmtree(world.objects / "landing")
        self.pins = self._fitted(world)
        world.deliver("old.csv", _sales(1, DAYS), f"{FOLDER}/sales/history")
        world.deliver("old.csv", _counts("old", 7), f"{FOLDER}/stock_levels/history")
        ending = world.run(("ingest", "validate_raw", "admit"))
        if not ending.ok:
            raise RuntimeError(f"the old files could not be loaded: {ending}")
        world.deliver("day.csv", _counts("day", 0), f"{FOLDER}/stock_levels")
        world.deliver("day.csv", _sales(0, 1, is_live=True), f"{FOLDER}/sales")

    def _fitted(self, world: World) -> dict[str, Any]:
        """Fit the model of demand in a child, as the parent must never compute; return the pins."""
        from features.views import DEMAND

        path = world.folder / "demand.skops"
        if world.spawn(lambda: _fit(path), "fit").wait() != 0:
            raise RuntimeError(f"the model of demand could not be fitted, see {world.folder}")
        return pins({"demand": stored(world, path, "demand", "1")}, DEMAND.qualified)


def of(house: House) -> SeriesHouse:
    """Return the series of a house, made once."""
    made = house.reference.get("series")
    if made is None:
        folder = house.folder / "series"
        folder.mkdir(parents=True)
        description = folder / house.description.name
        description.write_text(DESCRIPTION)
        made = SeriesHouse(folder, house.cluster, house.passwords, description, base=house)
        house.reference["series"] = made
    assert isinstance(made, SeriesHouse)
    return made


def product(number: int) -> str:
    """Return the id of a product; each twentieth id is hostile."""
    hostile = deliveries.HOSTILE[number // 20 % len(deliveries.HOSTILE)]
    return f"{hostile}{number}" if number % 20 == 0 else f"p{number}"


def series() -> list[tuple[str, str]]:
    """Return the product and the channel of each series."""
    by_web = [(product(number), "web") for number in range(BY_WEB)]
    return [*((product(number), "shop") for number in range(PRODUCTS)), *by_web]


def late_sales() -> bytes:
    """Return a line of the night of a product that never sold before."""
    draw = random.Random(6)  # noqa: S311 - data, not secrets
    return deliveries.csv([_line(draw, "late", ("late", "shop"), NIGHT + DAY / 2)], SALES)


def quoted(name: str) -> str:
    """Return a name as a part of an id, as `raw.part_of_id` does."""
    return name.replace("%", "%25").replace("/", "%2F")


def _line(draw: random.Random, order: str, of: tuple[str, str], at: datetime) -> dict[str, str]:
    return {
        "merchant_id": "m",
        "order_id": order,
        "line_no": "1",
        "product_id": of[0],
        "category": f"category {len(of[0]) % 5}",
        "channel": of[1],
        "quantity": str(1 + draw.randrange(4)),
        "unit_price": f"{draw.lognormvariate(2.5, 1.0) + 0.5:.2f}",
        "currency": "USD",
        "occurred_at": at.isoformat(),
        "event": "sale",
        "is_merchandise": "true",
    }


def _sales(first: int, last: int, *, is_live: bool = False) -> bytes:
    """Return sales of each series on some of the days so long before the end of the night."""
    draw = random.Random(first)  # noqa: S311 - data, not secrets
    rows = [
        _line(draw, f"{before}-{place}", each, NIGHT - before * DAY + DAY * draw.random())
        for before in range(first, last)
        for place, each in enumerate(series())
        # each series sells at least once, so each is live
        if draw.random() < 0.15 or before == 1 + place % 50
    ]
    if is_live:
        bad = _line(draw, "bad", (f"{deliveries.MARKER}-1", "shop"), NIGHT)
        rows += [bad | {"quantity": deliveries.CARD}, dict(rows[0])]
    return deliveries.csv(rows, SALES)


def _counts(prefix: str, days: int) -> bytes:
    """Return counts of all products so many days before the night."""
    draw = random.Random(days)  # noqa: S311 - data, not secrets
    moment = NIGHT - days * DAY + timedelta(hours=7)
    rows = [
        {
            "stock_level_id": f"{prefix}-{number}",
            "merchant_id": "m",
            "product_id": product(number),
            "location": "shop" if number % 3 else "web",
            "on_hand": str(draw.randrange(40)),
            "counted_at": moment.isoformat(),
        }
        for number in range(PRODUCTS)
    ]
    return deliveries.csv(rows, COUNTS)


def _fit(path: Path) -> None:
    """Fit a model without trees on drawn series: it knows too few days for them."""
    import skops.io

    from scoring.demand import rows
    from scoring.demand.choice import default
    from scoring.demand.model import DemandModel
    from tests.demand import a_shop

    known = rows.of_history(a_shop(series=12), [200, 230], 28)
    skops.io.dump(DemandModel().fit(known, default()), path)
