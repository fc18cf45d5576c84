"""The merchants of the tests of prices, delivered and estimated once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.postgres import Cluster
from scoring.pricing import estimation
from tests import priced_stores
from tests.builders import a_sale, insert_sales
from tests.conftest import a_warehouse
from tests.integration.prices.merchants import BROKEN, NEW, Estimated, book


@pytest.fixture(scope="session")
def estimated(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Estimated]:
    """Deliver the merchants, book their days, and estimate."""
    world = priced_stores.a_world()
    with a_warehouse(cluster, built_template, tmp_path_factory.mktemp("prices")) as db:
        priced_stores.deliver(db, world)
        last = world.days.count - 1
        for merchant, days in ((NEW, 7), (BROKEN, 80)):
            moments = [priced_stores.moment(world, last - ago) for ago in range(days)]
            lines = [
                a_sale(merchant_id=merchant, occurred_at=at, quantity=3, is_history=True)
                for at in moments
            ]
            insert_sales(db, lines)
        with db.superuser() as connection:
            connection.execute(
                "update raw.sales set quantity = 'NaN' where ctid = ("
                "select ctid from raw.sales where merchant_id = %s limit 1)",
                (BROKEN,),
            )
        book(db)
        receipt = estimation.estimate(db.settings, as_of=priced_stores.as_of(world))
        yield Estimated(db, world, receipt)
