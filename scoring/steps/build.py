"""Build the features of every admitted row version that has none."""

from __future__ import annotations

from features import build as dbt
from features.build import BuildReceipt, Selector
from features.platform.settings import Settings
from features.sources.source_set import source_set


def build(selector: Selector, settings: Settings) -> BuildReceipt:
    """Append the features of every admitted version that has none.

    Raises:
        ContractError: a model or one of its tests failed.
        WarehouseUnavailableError: the server went away; retry.
    """
    variables = source_set(settings).dbt_variables(settings.warehouse.base_currency)
    return dbt.build(selector, settings.warehouse, settings.work, variables)
