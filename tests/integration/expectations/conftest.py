"""One gate per test, on a warehouse of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Db
from tests.integration.expectations.tables import Gate


@pytest.fixture
def gate(migrated: Db, tmp_path: Path) -> Gate:
    """A gate over an empty warehouse."""
    return Gate(migrated, tmp_path / "objects")
