"""Load the heavy libraries once, in the scheduler, as every task of the local executor is its fork.

Their import is most of the cost of a task for a small window. Only libraries are loaded, none of
our modules: a task must see our new code without a restart of the scheduler. Every other process of
Airflow loads this file too, and skips it. Airflow finds it here by name:
https://airflow.apache.org/docs/apache-airflow/stable/howto/set-config.html
"""

from __future__ import annotations

import importlib
import sys

__all__: list[str] = []

LIBRARIES = (
    "dbt.adapters.postgres",
    "dbt.cli.main",
    "great_expectations.expectations",
    "mlflow",
    "pandas",
    "psycopg",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "shap",
    "skops.io",
    "sklearn.ensemble",
)

if sys.argv[1:2] == ["scheduler"]:
    for _library in LIBRARIES:
        importlib.import_module(_library)
