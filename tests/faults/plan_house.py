"""Take a warehouse through the plans of stock of a night whose forecasts are published."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from infra.postgres import warehouse as bootstrap
from tests.faults import series_house
from tests.faults.flow import WindowRequest
from tests.faults.house import House, Stage, pins
from tests.faults.invariants import Expected
from tests.faults.night_house import DAY, NIGHT
from tests.faults.series_house import SeriesHouse

#: The first policy that plans stock.
POLICY = "2026.12.2"


@dataclass
class PlanHouse(House):
    """The warehouse of a night: the products of one merchant, with forecasts and counts."""

    forecasts: SeriesHouse | None = None
    request: WindowRequest = field(
        default_factory=lambda: WindowRequest(NIGHT, NIGHT + DAY, job="plan_stock")
    )

    def expected(self) -> Expected:
        """Return the products of the night; the files of the night are admitted already."""
        from scoring.domains import JOBS

        assert self.forecasts is not None
        products = {series_house.quoted(product) for product, _ in series_house.series()}
        ids = frozenset(f"m/{product}/{NIGHT:%Y-%m-%d}" for product in products)
        return Expected(ids, self.forecasts.expected().rejected, job=JOBS["plan_stock"])

    def name_of(self, stage: Stage) -> str:
        """Return the name of the database of a stage."""
        return f"template_plans_{stage}"

    def _make_waiting(self, name: str, folder: Path) -> None:
        """Take the warehouse in which the forecasts of the night are published."""
        from features.views import STOCK

        assert self.forecasts is not None
        template, source = self.forecasts.template(Stage.PUBLISHED)
        bootstrap.create_database(self.cluster.conninfo(), name, "owner", template)
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.log"))
        self.pins = pins({}, STOCK.qualified, POLICY)


def of(house: House) -> PlanHouse:
    """Return the plans of a house, made once."""
    made = house.reference.get("plans")
    if made is None:
        forecasts = series_house.of(house)
        folder = house.folder / "plans"
        folder.mkdir(parents=True)
        description = folder / house.description.name
        description.write_text(series_house.DESCRIPTION)
        made = PlanHouse(folder, house.cluster, house.passwords, description, forecasts=forecasts)
        house.reference["plans"] = made
    assert isinstance(made, PlanHouse)
    return made
