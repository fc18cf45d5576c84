"""The generated history of the benchmarks has the same tables as the product."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.bench import loading, traffic
from tests.bench.traffic import Traffic
from tests.conftest import Db

INDEXES = """
select pg_partition_root(pg_class.oid)::regclass::text, pg_get_indexdef(indexrelid), indisvalid
from pg_index inner join pg_class on pg_class.oid = indrelid
where relnamespace = 'raw'::regnamespace and relispartition
order by 1, 2
"""


def test_history_loaded_without_indexes_has_every_index_afterwards(migrated: Db) -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    with migrated.superuser() as connection:
        connection.execute("select raw.ensure_transaction_days(%s, %s)", (start.date(),) * 2)
        installed = migrated.rows(INDEXES)

        traffic.prepare(connection)
        with loading.without_indexes(connection, traffic.TABLES):
            for statement in traffic.add_delivery(connection, Traffic(100), start, range(1, 51)):
                connection.execute(statement.encode())

    kept = [row for row in migrated.rows(INDEXES) if "20260502" not in row[1]]
    assert kept == installed
    assert {is_valid for _, _, is_valid in kept} == {True}
    assert len(migrated.rows("select from raw.transaction_versions")) == 50
