"""Warehouses for drawn examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from infra.local.postgres import Cluster
from tests.conftest import Db, _clone, _settings


@pytest.fixture
def fresh_built(
    cluster: Cluster, built_template: str, tmp_path: Path
) -> Callable[[], AbstractContextManager[Db]]:
    """A maker of installed warehouses, one per drawn example."""

    @contextmanager
    def make() -> Iterator[Db]:
        with _clone(cluster, built_template) as database:
            yield Db(cluster, _settings(cluster, database, tmp_path))

    return make
