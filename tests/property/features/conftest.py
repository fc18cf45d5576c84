"""Install warehouses for drawn examples."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from infra.local.postgres import Cluster
from tests.conftest import Db, a_warehouse


@pytest.fixture
def fresh_built(
    cluster: Cluster, built_template: str, tmp_path: Path
) -> Callable[[], AbstractContextManager[Db]]:
    """Return a maker of installed warehouses, one per drawn example."""
    return lambda: a_warehouse(cluster, built_template, tmp_path)
