"""The declarations of the feeds agree with the warehouse, with dbt and with the jobs."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from features.feeds import FEEDS, Feed
from features.feeds.readers import RUNS, Reader
from features.views import VIEWS
from scoring.domains import JOBS
from tests.conftest import Db

ROOT = Path(__file__).resolve().parents[2]
# the schemas that are filled after ingest
LATER_SCHEMAS = re.compile(r"\b(?:staging|intermediate|marts|scored|serving)\.")

each_feed = pytest.mark.parametrize("feed", FEEDS.values(), ids=lambda feed: feed.name)


@each_feed
def test_the_raw_table_has_the_columns_of_its_feed_in_their_types(migrated: Db, feed: Feed) -> None:
    stored = {
        name: (kind, is_filled)
        for name, kind, is_filled in migrated.rows(
            "select attname::text, format_type(atttypid, atttypmod), attnotnull from pg_attribute"
            " where attrelid = to_regclass(%s) and attnum > 0",
            feed.table,
        )
    }
    names = {
        "timestamptz": "timestamp with time zone",
        "numeric(24, 12)": "numeric(24,12)",
        "numeric(15, 6)": "numeric(15,6)",
    }
    compared = [column for column in feed.columns if column.name != "last_payment_date"]

    assert {column.target: names.get(column.sql_type, column.sql_type) for column in compared} == {
        column.target: stored[column.target][0] for column in compared
    }
    assert {column.target for column in compared if stored[column.target][1]} == {
        column.target for column in compared if column.is_filled
    }
    assert {f"{amount[:-6]}_base_minor" for amount in feed.amounts} <= set(stored)


def test_the_register_takes_every_feed_and_no_other(migrated: Db) -> None:
    [(definition,)] = migrated.rows(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = %s",
        "deliveries_feed_check",
    )

    assert set(re.findall(r"'(\w+)'::text", definition)) == set(FEEDS)


def test_the_digests_of_a_delivery_cover_every_table_that_its_feed_fills(migrated: Db) -> None:
    digested: dict[str, set[str]] = {}
    for feed, table in migrated.rows(
        "select scope, relation from audit.digested where kind = 'delivery'"
        " and relation <> 'raw.rejected_rows'"
    ):
        digested.setdefault(feed, set()).add(table)

    assert digested == {feed.name: set(feed.tables) for feed in FEEDS.values()}


def test_the_functions_that_make_partitions_exist(migrated: Db) -> None:
    names = [f.versions.ensure_days for f in FEEDS.values() if f.versions if f.versions.ensure_days]

    assert names
    for name in names:
        assert migrated.rows("select to_regproc(%s) is not null", name) == [(True,)]


def test_the_readers_of_the_feeds_are_the_jobs_and_read_their_features() -> None:
    readers = {reader for feed in FEEDS.values() for reader in feed.read_by}

    assert readers == {Reader(job.name, job.view.table) for job in JOBS.values()}


@pytest.mark.parametrize("job", JOBS.values(), ids=lambda job: job.name)
def test_a_job_decides_the_versions_of_the_feed_that_it_names(job: Any) -> None:
    feed = FEEDS[job.population.feed]

    assert job.name in {reader.decided_by for reader in feed.read_by}
    assert job.training is None or job.training.feed in FEEDS
    assert feed.versions is not None
    assert feed.event is not None
    if job.population.nights:
        assert job.view.versions == job.population.subjects
        return
    assert (job.population.subjects, job.view.versions) == (feed.table, feed.versions.table)
    assert (job.view.entity, job.view.event_time) == (feed.subject.target, feed.event.target)


READ_VIEWS = [view for view in VIEWS if view in {job.view for job in JOBS.values()}]


@pytest.mark.parametrize("view", READ_VIEWS, ids=lambda view: view.name)
def test_every_feed_that_features_are_built_from_names_their_reader(
    manifest: dict[str, Any], view: Any
) -> None:
    tables = raw_tables_of(f"model.vesper.{view.table.partition('.')[2]}", manifest)
    fed = {feed.name for feed in FEEDS.values() if feed.tables & tables}
    naming = {f.name for f in FEEDS.values() if view.table in {r.features for r in f.read_by}}

    assert tables
    assert fed - naming == set()


def raw_tables_of(node: str, manifest: dict[str, Any]) -> set[str]:
    """Return the tables of raw from which dbt builds a model."""
    if node in manifest["sources"]:
        source = manifest["sources"][node]
        return {f"{source['schema']}.{source['name']}"}
    parents = manifest["parent_map"].get(node, ())
    return set().union(*(raw_tables_of(parent, manifest) for parent in parents))


def test_the_register_of_runs_has_what_the_check_of_history_reads(migrated: Db) -> None:
    schema, table = RUNS.split(".")
    columns = migrated.rows(
        "select column_name::text from information_schema.columns"
        " where table_schema = %s and table_name = %s",
        schema,
        table,
    )

    assert {("job",), ("state",)} <= set(columns)


def test_ingest_names_no_table_that_is_filled_after_it() -> None:
    named = [
        (path.name, node.value)
        for path in sorted((ROOT / "features" / "ingest").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and LATER_SCHEMAS.search(node.value)
    ]

    assert named == []


def test_ingest_names_no_feed() -> None:
    """A feed that is named in the code of ingest is treated in another way than its neighbours."""
    named = [
        (path.name, node.value)
        for path in sorted((ROOT / "features" / "ingest").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in FEEDS
    ]

    assert named == []
