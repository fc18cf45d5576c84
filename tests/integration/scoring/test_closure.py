"""Closure compares the published files byte for byte with their manifests."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.platform.errors import ContractError
from infra.local.postgres import Cluster
from scoring import __main__ as command_line
from scoring.commands import closure as closure_command
from scoring.commands import sessions
from scoring.runs import record
from scoring.runs.job import quoted
from tests.builders import a_transaction
from tests.integration.scoring.conftest import Bench
from tests.integration.scoring.copies import a_copy, decided_once


@pytest.fixture(scope="module")
def standing(
    cluster: Cluster,
    built_template: str,
    model_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bench]:
    """A warehouse with one published run of three rows, which each test copies."""
    folder, rows = tmp_path_factory.mktemp("standing"), [a_transaction() for _ in range(3)]
    with decided_once(cluster, built_template, folder, model_file, rows) as bench:
        yield bench


@pytest.fixture
def published(standing: Bench, cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    """A copy of the warehouse with one published run."""
    with a_copy(cluster, standing, tmp_path) as bench:
        yield bench


def files(bench: Bench) -> tuple[str, str]:
    """Return the names of the file and of the manifest of the published run."""
    ((name,),) = bench.db.rows("select parquet ->> 'object_name' from decisions.runs")
    return name, f"{name.rpartition('/')[0]}/manifest.json"


def content(bench: Bench, name: str) -> bytes:
    with bench.store.open(name) as handle:
        return handle.read()


def scored(bench: Bench, rows: int = 3) -> record.Run:
    bench.admit([a_transaction() for _ in range(rows)])
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    return run


def test_a_published_run_closes_down_to_its_bytes(published: Bench) -> None:
    assert published.open_equations() == []
    assert {name for equation in published.equations()[-3:] for name in equation.terms} == {
        *("scored", "degraded"),
        "rows in the ledger",
        "rows in Parquet",
    }


def test_an_empty_window_closes_as_well(bench: Bench) -> None:
    bench.decide()

    assert bench.open_equations() == []


def test_one_flipped_byte_is_found(published: Bench) -> None:
    name, _ = files(published)
    altered = bytearray(content(published, name))
    altered[10] ^= 1
    published.store.put(name, bytes(altered))

    (problem,) = published.open_equations()

    assert "was altered: its SHA-256" in problem
    assert "3 = 3 rows in Parquet" in problem


def test_a_corrupt_parquet_file_is_found(published: Bench) -> None:
    name, _ = files(published)
    published.store.put(name, content(published, name)[:-5])

    (problem,) = published.open_equations()

    assert "is no Parquet file any more" in problem
    assert "3 ≠ 0 rows in Parquet" in problem


def test_a_missing_manifest_does_not_close_and_names_its_writer(published: Bench) -> None:
    _, manifest = files(published)
    published.store.delete(manifest)

    (problem,) = published.open_equations()

    assert problem.endswith(f"{manifest} is missing: maintain_warehouse writes it")


@pytest.mark.parametrize("key", ["file", "sha256", "rows", "run_id"])
def test_an_altered_manifest_is_found(published: Bench, key: str) -> None:
    _, name = files(published)
    published.store.put(
        name, json.dumps(json.loads(content(published, name)) | {key: "other"}).encode()
    )

    (problem,) = published.open_equations()

    assert f"manifest.json says another {key} than the run" in problem


def test_a_truncated_manifest_is_found(published: Bench) -> None:
    _, name = files(published)
    published.store.put(name, content(published, name)[:-5])

    (problem,) = published.open_equations()

    assert "manifest.json is no JSON" in problem


def test_a_deleted_file_is_found(published: Bench) -> None:
    name, _ = files(published)
    published.store.delete(name)

    (problem,) = published.open_equations()

    assert f"{name} is gone" in problem


def test_a_file_with_another_number_of_rows_is_found_by_its_footer(published: Bench) -> None:
    name, manifest = files(published)
    shorter = io.BytesIO()
    pq.write_table(pq.read_table(io.BytesIO(content(published, name))).slice(1), shorter)
    digest = hashlib.sha256(shorter.getvalue()).hexdigest()
    published.store.put(name, shorter.getvalue())
    altered = json.loads(content(published, manifest)) | {"sha256": digest}
    published.store.put(manifest, json.dumps(altered).encode())
    with published.db.superuser() as connection:
        connection.execute(
            "update decisions.runs set parquet = parquet || jsonb_build_object('sha256', %s::text)",
            (digest,),
        )

    register, problem = published.open_equations()

    assert "was changed in decisions.runs since seal" in register
    assert problem.endswith("file: 3 ≠ 2 rows in Parquet")


def test_a_run_that_lost_a_scored_row_is_not_published(bench: Bench) -> None:
    run = scored(bench)
    with bench.db.superuser() as connection:
        table = quoted(run.tables.decisions).as_string(connection)
        connection.execute(
            f"delete from {table} where transaction_id = (select min(transaction_id) "
            f"from {table})".encode()
        )

    with pytest.raises(ContractError, match="lost in a crash"):
        bench.publish_alone(run.run_id)

    assert bench.decisions() == []


def test_a_ledger_with_fewer_rows_than_the_file_is_not_published(bench: Bench) -> None:
    run = scored(bench)
    (swallowed,) = bench.db.rows("select min(transaction_id) from raw.transactions")[0]
    with bench.db.superuser() as connection:
        connection.execute(
            "create function public.swallow() returns trigger language plpgsql as "
            "'begin return null; end'"
        )
        connection.execute("grant usage on schema public to score")
        connection.execute(
            "create trigger swallow before insert on decisions.transaction_decisions for each row "
            f"when (new.transaction_id = '{swallowed}') execute function public.swallow()".encode()
        )

    with pytest.raises(ContractError, match="ledger: 3 ≠ 2 rows in the ledger") as refused:
        bench.publish(run.run_id)

    assert "rows in Parquet" not in str(refused.value)
    assert bench.decisions() == []
    with bench.connect() as connection:
        assert record.load(connection, run.run_id).state == "validated"


def test_the_command_reads_the_files_by_default(
    published: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # the settings of this test's warehouse: a command reads them from the environment
    for module in (sessions, closure_command):
        monkeypatch.setattr(module, "get_settings", lambda: published.db.settings)
    name, _ = files(published)

    whole = command_line.main(["closure"])
    published.store.delete(name)
    broken = command_line.main(["closure"])
    capsys.readouterr()
    unread = command_line.main(["closure", "--no-files", "--json"])

    assert (whole, broken, unread) == (0, 1, 0)
    assert all(equation["holds"] for equation in json.loads(capsys.readouterr().out))
