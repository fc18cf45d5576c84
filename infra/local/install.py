"""Build the warehouse objects that a run needs: seeds, empty feature tables, views.

It runs as a separate process, `python -m infra.local.install`, because dbt does not free memory.
"""

from __future__ import annotations

from features.build import install
from features.platform.settings import get_settings
from features.sources.source_set import source_set


def main() -> None:
    """Install into the warehouse of the settings; idempotent, needed after every upgrade."""
    settings = get_settings()
    variables = source_set(settings).dbt_variables(settings.warehouse.base_currency)
    install(settings.warehouse, settings.work, variables)


if __name__ == "__main__":
    main()
