"""Computes features once more, from raw, and holds them against the rows that stand.

Features are a pure function of the raw ledger, so the same models with another queue must give the
same bits, whenever that is asked. Everything is written to schema `rebuilt` and dropped afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import structlog
from psycopg import sql

from features.build import (
    REBUILD_LOCK,
    checked_variables,
    locked,
    run_dbt,
    target_folder,
)
from features.platform import database, readers
from features.platform.settings import Warehouse
from features.views import BUILT_AS, FeatureView
from features.views.digests import digest_as_built

log = structlog.get_logger(__name__)

SHOWN = 20


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A feature row that comes out otherwise today."""

    subject_id: str
    version: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rebuild:
    """What a rebuild found: rows rebuilt, rows that differ, and the first of those."""

    rows: int
    differing: int
    changed: Sequence[ChangedRow]

    @property
    def holds(self) -> bool:
        """Whether every asked row came out the same, bit for bit."""
        return self.differing == 0


def keys_of(view: FeatureView) -> dict[str, pa.DataType]:
    """Return the columns that name a row version of a view, with their types."""
    return {view.entity: pa.string(), "version": pa.int32()}


def rebuild(
    keys: pa.Table,
    view: FeatureView,
    warehouse: Warehouse,
    work: Path,
    variables: Mapping[str, str | int] | None = None,
) -> Rebuild:
    """Build the features of some row versions from raw, and compare them with the stored rows.

    Args:
        keys: [n] row versions, columns as in `keys_of`.
        view: the feature view.
        warehouse: where role `transform` may log in.
        work: folder for dbt's artifacts.
        variables: as for `features.build.build`: what the source descriptions state.

    Raises:
        ContractError: a model failed.
        ConfigurationError: a variable is unknown or malformed.
    """
    checked = checked_variables(variables or {}) | {"rebuild": True}
    # a work folder of its own: dbt would parse anew at every change of its variables
    with (
        locked(warehouse, REBUILD_LOCK),
        database.connect(warehouse, "transform") as connection,
    ):
        _drop(connection)
        try:
            _ask(connection, keys.select(list(keys_of(view))), view)
            with target_folder(warehouse.conninfo("transform"), work / "rebuild") as target:
                run_dbt(view.selector, checked, target)
            result = _compare(connection, view)
        finally:
            _drop(connection)
    log.info("features_rebuilt", rows=result.rows, differing=result.differing)
    return result


def _ask(connection: psycopg.Connection[Any], keys: pa.Table, view: FeatureView) -> None:
    names = {
        "id": sql.Identifier(view.entity),
        "event": sql.Identifier(view.event_time),
        "versions": sql.Identifier(*view.versions.split(".")),
    }

    def execute(statement: str) -> None:
        connection.execute(sql.SQL(statement).format(**names))

    execute("create temporary table wanted ({id} text, version integer)")
    readers.write(connection, sql.Identifier("wanted"), keys)
    execute(
        "create unlogged table rebuilt.asked as "
        "select distinct versions.{id}, versions.version, versions.{event} "
        "from wanted inner join {versions} as versions "
        "on versions.{id} = wanted.{id} and versions.version = wanted.version"
    )
    execute("create unique index on rebuilt.asked ({id}, version)")
    execute("analyze rebuilt.asked")


def _compare(connection: psycopg.Connection[Any], view: FeatureView) -> Rebuild:
    """Compare digests; a row that is missing on either side differs too."""
    names = {
        "id": sql.Identifier(view.entity),
        "stored": sql.Identifier(*view.table.split(".")),
        "rebuilt": sql.Identifier("rebuilt", view.table.split(".")[1]),
        # a row that an earlier version of the view built has the features of that version
        "stored_digest": digest_as_built(view, "stored", "stored"),
        "again_digest": digest_as_built(view, "again", "stored"),
    }
    (rows,) = database.fetch_one(
        connection, "count the row versions to rebuild", "select count(*) from rebuilt.asked"
    )
    changed = connection.execute(
        sql.SQL(
            """
            select asked.{id}, asked.version, to_jsonb(stored), to_jsonb(again)
            from rebuilt.asked as asked
            left join {stored} as stored
                on stored.{id} = asked.{id} and stored.version = asked.version
            left join {rebuilt} as again
                on again.{id} = asked.{id} and again.version = asked.version
            where
                stored.{id} is null or again.{id} is null
                or {stored_digest} <> {again_digest}
            order by asked.{id}, asked.version
            """
        ).format(**names)
    )
    first = changed.fetchmany(SHOWN)
    return Rebuild(
        rows=rows,
        differing=changed.rowcount,
        changed=[
            ChangedRow(subject, version, _fields(view, stored, again))
            for subject, version, stored, again in first
        ],
    )


def _fields(
    view: FeatureView, stored: Mapping[str, object] | None, again: Mapping[str, object] | None
) -> tuple[str, ...]:
    if stored is None or again is None:
        return ("the row is missing",)
    built_as = view.at(int(str(stored.get(BUILT_AS) or 1)))
    names = (name for name in (*built_as.columns, *built_as.used) if stored[name] != again[name])
    return tuple(names) or ("the last bits of a number",)


def _drop(connection: psycopg.Connection[Any]) -> None:
    tables = database.fetch_all(
        connection,
        "list the rebuilt tables",
        "select tablename from pg_tables where schemaname = 'rebuilt'",
    )
    for (table,) in tables:
        connection.execute(
            sql.SQL("drop table if exists {} cascade").format(sql.Identifier("rebuilt", table))
        )
    connection.execute("drop table if exists pg_temp.wanted")
