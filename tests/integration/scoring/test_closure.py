"""Closure compares the published files byte for byte with their manifests."""

from __future__ import annotations

import hashlib
import io
import json

import pyarrow.parquet as pq
import pytest

from features.platform.errors import ContractError
from scoring import __main__ as command_line
from scoring.commands import closure as closure_command
from scoring.commands import sessions
from scoring.runs import record
from scoring.runs.job import quoted
from tests.builders import a_transaction
from tests.integration.scoring.conftest import Bench


def published(bench: Bench, rows: int = 3) -> tuple[str, str]:
    """Publish one run; return the names of its file and its manifest."""
    bench.admit([a_transaction() for _ in range(rows)])
    run = bench.decide()
    assert run.parquet is not None
    name: str = run.parquet["object_name"]
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


def test_a_published_run_closes_down_to_its_bytes(bench: Bench) -> None:
    published(bench)

    assert bench.open_equations() == []
    assert {name for equation in bench.equations()[-3:] for name in equation.terms} == {
        *("scored", "degraded"),
        "rows in the ledger",
        "rows in Parquet",
    }


def test_an_empty_window_closes_as_well(bench: Bench) -> None:
    bench.decide()

    assert bench.open_equations() == []


def test_one_flipped_byte_is_found(bench: Bench) -> None:
    name, _ = published(bench)
    altered = bytearray(content(bench, name))
    altered[10] ^= 1
    bench.store.put(name, bytes(altered))

    (problem,) = bench.open_equations()

    assert "was altered: its SHA-256" in problem
    assert "3 = 3 rows in Parquet" in problem


def test_a_corrupt_parquet_file_is_found(bench: Bench) -> None:
    name, _ = published(bench)
    bench.store.put(name, content(bench, name)[:-5])

    (problem,) = bench.open_equations()

    assert "is no Parquet file any more" in problem
    assert "3 ≠ 0 rows in Parquet" in problem


def test_a_missing_manifest_does_not_close_and_names_its_writer(bench: Bench) -> None:
    _, manifest = published(bench)
    bench.store.delete(manifest)

    (problem,) = bench.open_equations()

    assert problem.endswith(f"{manifest} is missing: maintain_warehouse writes it")


@pytest.mark.parametrize("key", ["file", "sha256", "rows", "run_id"])
def test_an_altered_manifest_is_found(bench: Bench, key: str) -> None:
    _, name = published(bench)
    bench.store.put(name, json.dumps(json.loads(content(bench, name)) | {key: "other"}).encode())

    (problem,) = bench.open_equations()

    assert f"manifest.json says another {key} than the run" in problem


def test_a_truncated_manifest_is_found(bench: Bench) -> None:
    _, name = published(bench)
    bench.store.put(name, content(bench, name)[:-5])

    (problem,) = bench.open_equations()

    assert "manifest.json is no JSON" in problem


def test_a_deleted_file_is_found(bench: Bench) -> None:
    name, _ = published(bench)
    bench.store.delete(name)

    (problem,) = bench.open_equations()

    assert f"{name} is gone" in problem


def test_a_file_with_another_number_of_rows_is_found_by_its_footer(bench: Bench) -> None:
    name, manifest = published(bench)
    shorter = io.BytesIO()
    pq.write_table(pq.read_table(io.BytesIO(content(bench, name))).slice(1), shorter)
    digest = hashlib.sha256(shorter.getvalue()).hexdigest()
    bench.store.put(name, shorter.getvalue())
    altered = json.loads(content(bench, manifest)) | {"sha256": digest}
    bench.store.put(manifest, json.dumps(altered).encode())
    with bench.db.superuser() as connection:
        connection.execute(
            "update decisions.runs set parquet = parquet || jsonb_build_object('sha256', %s::text)",
            (digest,),
        )

    register, problem = bench.open_equations()

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
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # the settings of this test's warehouse: a command reads them from the environment
    for module in (sessions, closure_command):
        monkeypatch.setattr(module, "get_settings", lambda: bench.db.settings)
    name, _ = published(bench)

    whole = command_line.main(["closure"])
    bench.store.delete(name)
    broken = command_line.main(["closure"])
    capsys.readouterr()
    unread = command_line.main(["closure", "--no-files", "--json"])

    assert (whole, broken, unread) == (0, 1, 0)
    assert all(equation["holds"] for equation in json.loads(capsys.readouterr().out))
