"""A warehouse with stock plans of a night, for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.postgres import Cluster
from infra.postgres import merchants
from tests.conftest import PASSWORD, Db, a_warehouse
from tests.integration.merchants import store as plans


@pytest.fixture(scope="module")
def store(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Db]:
    """Fill the warehouse with plans, and give two of its merchants a login."""
    with a_warehouse(cluster, built_template, tmp_path_factory.mktemp("store")) as db:
        with db.superuser() as connection:
            plans.fill(connection)
        superuser = cluster.conninfo(db.settings.warehouse.database)
        for merchant, login in plans.LOGINS.items():
            merchants.create_login(superuser, login, merchant, PASSWORD)
        yield db
        for login in plans.LOGINS.values():
            merchants.remove_login(superuser, login)
