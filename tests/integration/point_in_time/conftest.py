"""Build one warehouse per raw history and cache its features for the whole test run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg import sql

from features import build as builder
from features.build import PROJECT
from features.views import TRANSACTIONS
from features.views.digests import feature_digest
from infra.local.postgres import Cluster
from tests.builders import NOON, insert_facts, insert_labels, insert_transactions
from tests.conftest import Db, a_warehouse
from tests.integration.point_in_time.laws import Built
from tests.integration.point_in_time.raw_histories import DAY, Key, RawHistory

ROWS = sql.SQL(
    "select transaction_id, version, {}, to_jsonb(f) - 'delivery_seq' "
    "from marts.feat_transactions as f"
).format(feature_digest(TRANSACTIONS))


#: A function of a file of the dbt project, a text that occurs in it once, and its replacement.
Plant = Callable[[str, str, str], None]


class Warehouses:
    """Build raw rows with the current dbt project, each set in a warehouse of its own."""

    def __init__(self, cluster: Cluster, template: str, work: Path) -> None:
        self._cluster = cluster
        self._template = template
        self._work = work
        self._known: dict[tuple[Path, str, tuple[int, ...]], dict[Key, Built]] = {}

    def __call__(
        self, raw_history: RawHistory, build_after: Collection[int] = ()
    ) -> dict[Key, Built]:
        """Return the feature rows of a raw history, built after some deliveries and at the end."""
        key = (builder.PROJECT, repr(raw_history), tuple(sorted(build_after)))
        if key not in self._known:
            with a_warehouse(self._cluster, self._template, self._work) as db:
                self._known[key] = self._built(db, raw_history, build_after)
        return self._known[key]

    @staticmethod
    def _built(db: Db, raw_history: RawHistory, build_after: Collection[int]) -> dict[Key, Built]:
        last = len(raw_history.deliveries) - 1
        for feed, fact in raw_history.facts:
            insert_facts(db, feed, [fact])
        for place, delivery in enumerate(raw_history.deliveries):
            if labels := raw_history.labels_before(place):
                insert_labels(db, labels)
            insert_transactions(db, delivery)
            if place in build_after or place == last:
                builder.build("transaction_features", db.settings.warehouse, db.settings.work)
        with db.superuser() as connection:
            rows = connection.execute(ROWS).fetchall()
        return {(name, version): Built(digest, values) for name, version, digest, values in rows}


@contextmanager
def with_days(cluster: Cluster, template: str, folder: Path, days: int) -> Iterator[str]:
    """Give a copy of a template with the partitions of its last days: to copy them is quicker."""
    with a_warehouse(cluster, template, folder) as db:
        with db.superuser() as connection:
            first, last = (NOON - days * DAY).date(), (NOON + DAY).date()
            connection.execute("select raw.ensure_transaction_days(%s, %s)", (first, last))
        yield db.settings.warehouse.database


@pytest.fixture(scope="session")
def features(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouses]:
    """Build features for the laws."""
    folder = tmp_path_factory.mktemp("point-in-time")
    with with_days(cluster, built_template, folder / "days", days=50) as template:
        yield Warehouses(cluster, template, folder)


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Plant a leak into a copy of the dbt project, which the test then builds."""

    def planted(file: str, sound: str, leaking: str) -> None:
        copy = tmp_path / "dbt"
        shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs"))
        text = (copy / file).read_text()
        assert text.count(sound) == 1, f"{file} has changed: plant this leak anew"
        (copy / file).write_text(text.replace(sound, leaking))
        # the leak is planted in a copy, because no setting leads a build to another project
        monkeypatch.setattr("features.build.PROJECT", copy)

    return planted
