"""Load LendingClub's loans and build their features once, for tests on real rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.views import APPLICATIONS
from infra.local.postgres import Cluster
from scoring.credit.quality import protocol
from scoring.credit.rows import TrainingSet
from scoring.quality import history
from tests.conftest import a_warehouse


@pytest.fixture(scope="session")
def loans(
    cluster: Cluster,
    migrated_template: str,
    test_data: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> TrainingSet:
    """Return all loans with their final outcomes."""
    file = test_data / "loans" / "lendingclub_2007_2011.parquet"
    with a_warehouse(cluster, migrated_template, tmp_path_factory.mktemp("lending-club")) as db:
        history.load(file, protocol.SOURCE, APPLICATIONS, db.settings)
        return protocol.read(db.settings)[0]
