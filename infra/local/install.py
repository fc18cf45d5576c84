"""Builds what a run expects to stand in the warehouse: seeds, empty feature tables, views.

A process of its own, because dbt keeps memory: `python -m infra.local.install`.
"""

from __future__ import annotations

from features.build import install
from features.platform.settings import get_settings
from features.sources.source_set import source_set


def main() -> None:
    """Install into the warehouse of the settings; safe to repeat, needed after every upgrade."""
    settings = get_settings()
    variables = source_set(settings).dbt_variables(settings.warehouse.base_currency)
    install(settings.warehouse, settings.work, variables)


if __name__ == "__main__":
    main()
