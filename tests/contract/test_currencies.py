"""ISO 4217 has one table, which Python reads and dbt loads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from features.build import PROJECT, checked_variables
from features.platform.currencies import EXPONENTS, LAST_DAYS, TABLE
from features.platform.errors import ConfigurationError
from features.platform.settings import Warehouse
from features.sources import descriptions

SQL = sorted(PROJECT.rglob("*.sql"))


def test_the_table_is_a_seed_of_dbt(manifest: dict[str, Any]) -> None:
    seed = manifest["nodes"]["seed.vesper.currencies"]

    assert PROJECT / seed["original_file_path"] == TABLE
    assert list(seed["columns"]) == ["currency_code", "exponent", "last_day"]


@pytest.mark.parametrize("path", SQL, ids=lambda path: Path(path).relative_to(PROJECT).as_posix())
def test_no_sql_names_a_currency(path: Path) -> None:
    assert not set(re.findall(r"['\"]([A-Z]{3})['\"]", path.read_text())) & EXPONENTS.keys()


def test_the_default_exponent_is_that_of_the_default_base_currency() -> None:
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    default = Warehouse.model_fields["base_currency"].default

    assert variables["base_currency_exponent"] == EXPONENTS[default]


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_dbt_receives_the_exponent_of_the_base_currency(currency: str, digits: int) -> None:
    variables = descriptions.load("synthetic").dbt_variables(currency)

    assert checked_variables(variables)["base_currency_exponent"] == digits


def test_an_unknown_base_currency_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'XQZ' is not in ISO 4217"):
        descriptions.load("synthetic").dbt_variables("XQZ")


@pytest.mark.parametrize(
    ("currency", "digits", "last_day"),
    [("DEM", 2, "2002-05-15"), ("BYR", 0, "2017-01-01"), ("VEF", 2, "2018-08-20")],
)
def test_a_withdrawn_currency_keeps_its_exponent_and_has_a_last_day(
    currency: str, digits: int, last_day: str
) -> None:
    assert EXPONENTS[currency] == digits
    assert LAST_DAYS[currency].isoformat() == last_day


def test_a_currency_in_use_has_no_last_day() -> None:
    assert not {"USD", "EUR", "JPY", "INR"} & LAST_DAYS.keys()
