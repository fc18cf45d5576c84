"""Run gates over a warehouse of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.postgres import Cluster
from tests import conftest as house
from tests.integration.expectations.tables import Gate


@pytest.fixture
def gate(migrated: house.Db, tmp_path: Path) -> Gate:
    """Return a gate over an empty warehouse."""
    return Gate(migrated, tmp_path / "objects")


@pytest.fixture(scope="module")
def suite_gate(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gate]:
    """Return a gate whose warehouse serves a whole module: each call recreates its table."""
    folder = tmp_path_factory.mktemp("gate")
    with house.a_warehouse(cluster, built_template, folder) as db:
        yield Gate(db, folder, is_checked_again=True)
