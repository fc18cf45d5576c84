"""Copies of a warehouse with its store, for tests that begin alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from features.platform.storage import object_store
from infra.local.postgres import Cluster
from tests.conftest import a_warehouse
from tests.integration.scoring.conftest import Bench, a_bench


@contextmanager
def a_copy(cluster: Cluster, standing: Bench, folder: Path) -> Iterator[Bench]:
    """Give a copy of the warehouse and of the store of a bench; the folder is for its files."""
    end_sessions(standing)
    with a_warehouse(cluster, standing.db.settings.warehouse.database, folder) as db:
        store = object_store(db.settings)
        for info in standing.store.list(""):
            with standing.store.open(info.name) as handle:
                store.put(info.name, handle.read())
        yield replace(standing, db=db, store=store)


def end_sessions(bench: Bench) -> None:
    """End the sessions of a warehouse: an idle session of a library forbids a copy."""
    database = bench.db.settings.warehouse.database
    with psycopg.connect(bench.db.cluster.conninfo(), autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s",
            (database,),
        )


@contextmanager
def decided_once(
    cluster: Cluster, template: str, folder: Path, model_file: Path, rows: Sequence[dict[str, Any]]
) -> Iterator[Bench]:
    """Give a warehouse in which the rows of one hour are decided, to be copied by each test."""
    with a_warehouse(cluster, template, folder) as db:
        bench = a_bench(db, model_file)
        bench.admit(rows)
        bench.decide()
        yield bench
