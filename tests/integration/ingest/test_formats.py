"""One content in four formats and two kinds of store gives the same raw rows."""

from __future__ import annotations

import gzip
import io
import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from moto.server import ThreadedMotoServer

from features.platform.objects import ObjectInfo, ObjectStore, S3Store, open_store

IDS = ("007", "NA", "9223372036854775807", "null", "ü,\"'")


def _content(intake: Any, suffix: str) -> bytes:
    rows = [intake.row(transaction_id=name) for name in IDS]
    if suffix.startswith("csv"):
        content = intake.csv(*rows)
    elif suffix.startswith("jsonl"):
        content = intake.jsonl(*rows)
    else:
        sink = io.BytesIO()
        pyarrow.parquet.write_table(pa.Table.from_pylist(rows), sink)
        content = sink.getvalue()
    return gzip.compress(content) if suffix.endswith(".gz") else content


def _raw_rows(intake: Any) -> set[tuple[Any, ...]]:
    return set(intake.rows("select transaction_id, content_digest from raw.transaction_versions"))


@pytest.mark.parametrize("suffix", ["csv.gz", "jsonl", "jsonl.gz", "parquet"])
def test_the_same_rows_in_another_format_are_duplicates(intake: Any, suffix: str) -> None:
    intake.deliver(_content(intake, "csv"))
    intake.take()
    before = _raw_rows(intake)

    intake.deliver(_content(intake, suffix), f"b.{suffix}")
    receipt = intake.take()[0]

    assert receipt.rows_duplicate == len(IDS)
    assert _raw_rows(intake) == before
    assert {name for name, _ in before} == set(IDS)


def test_json_numbers_keep_their_digits(intake: Any) -> None:
    row = '{"transaction_id": 18446744073709551617, "customer_id": "c", "merchant_id": 12,'
    row += ' "timestamp": "2026-03-01T10:00:00Z", "amount": 9007199254.99, "currency": "USD",'
    row += ' "is_high_value": true, "customer_segments": ["a,b", "c\\"d"]}\n'
    intake.deliver(row.encode(), "a.jsonl")

    intake.take()

    assert intake.rows(
        "select transaction_id, merchant_id, amount_minor, is_high_value, customer_segments "
        "from raw.transactions"
    ) == [("18446744073709551617", "12", 900719925499, True, ["a,b", 'c"d'])]


def test_lists_are_equal_from_every_format(intake: Any) -> None:
    plain = intake.row()
    header = ",".join([*plain, "customer_segments"])
    line = ",".join([*plain.values(), "vip|new eu"])
    intake.deliver(f"{header}\n{line}\n".encode())
    intake.take()

    intake.deliver(intake.jsonl(plain | {"customer_segments": ["vip", "new eu"]}), "b.jsonl")
    sink = io.BytesIO()
    table = pa.Table.from_pylist([plain | {"customer_segments": ["vip", "new eu"]}])
    pyarrow.parquet.write_table(table, sink)
    intake.deliver(sink.getvalue(), "c.parquet")

    assert [receipt.rows_duplicate for receipt in intake.take()] == [1, 1]
    assert intake.rows("select customer_segments from raw.transactions") == [(["vip", "new eu"],)]


def test_a_large_file_is_parsed_in_blocks(intake: Any) -> None:
    rows = [intake.row(transaction_id=f"t{i}", amount=f"{i + 1}.00") for i in range(3000)]
    content = intake.csv(*rows).splitlines()
    content.insert(1500, b"a,b,c")

    from dataclasses import replace

    from features.ingest import admit
    from features.ingest.limits import DEFAULT

    intake.deliver(b"\n".join(content) + b"\n")
    receipt = intake.receive(replace(DEFAULT, row_bytes=4096))[0]
    admit(receipt.delivery_id, intake.connection, intake.sources)

    assert intake.rows(
        "select count(*), count(distinct row_number), max(row_number) from raw.transactions "
        "where amount_minor = (row_number - (row_number > 1500)::int) * 100"
    ) == [(3000, 3000, 3001)]
    assert intake.rows("select row_number from raw.rejected_rows") == [(1500,)]


# ------------------------------------------------------------------------------------------- S3


@pytest.fixture
def s3() -> Iterator[ObjectStore]:
    """Provide a bucket of a real S3 server on loopback."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        bucket = f"landing-{uuid.uuid4().hex}"
        store = open_store(f"s3://{bucket}/site", f"http://{host}:{port}", "key", "secret")
        assert isinstance(store, S3Store)
        store._client.create_bucket(Bucket=bucket)
        yield store
    finally:
        server.stop()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_deliveries_are_admitted_from_s3(intake: Any, s3: ObjectStore) -> None:
    intake.store = s3
    for suffix in ("csv", "csv.gz", "parquet"):
        intake.deliver(_content(intake, suffix), f"a.{suffix}")

    receipts = intake.take()

    assert [receipt.rows_admitted for receipt in receipts] == [len(IDS), 0, 0]
    assert intake.receive() == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("names", ["123", "111"])
def test_values_that_return_are_admitted_from_s3(intake: Any, s3: ObjectStore, names: str) -> None:
    intake.store = s3
    for name, amount in zip(names, ("1.00", "2.00", "1.00"), strict=True):
        intake.deliver(intake.csv(intake.row(amount=amount)), f"{name}.csv")
        intake.take()

    assert intake.rows("select amount_minor from raw.transactions order by version") == [
        (100,),
        (200,),
        (100,),
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_an_s3_key_with_parent_folders_is_held_and_never_opened(
    intake: Any, s3: ObjectStore
) -> None:
    intake.store = s3
    key = "site/landing/synthetic/transactions/../../../etc/a.csv"
    client, bucket = s3._client, s3._bucket  # type: ignore[attr-defined]
    client.put_object(Bucket=bucket, Key=key, Body=b"x")

    receipts = intake.receive()

    assert [receipt.state for receipt in receipts] == ["held"]
    assert receipts[0].reason.startswith("unsafe_name: ")
    assert [receipt.delivery_id for receipt in intake.receive()] == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_s3_and_a_folder_behave_alike(s3: ObjectStore, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(b"x" * 100_000)
    for store in (s3, open_store(f"file://{tmp_path / 'store'}")):
        store.put("a/1", b"one")
        store.put("a/2", big)

        assert [(info.name, info.size) for info in store.list("a/")] == [
            ("a/1", 3),
            ("a/2", 100_000),
        ]
        assert store.open("a/1").read() == b"one"
        assert store.put_if_absent("a/1", b"two") is False
        assert store.put_if_absent("a/3", b"three") is True
        assert store.exists("a/3")
        store.delete("a/3")
        assert not store.exists("a/3")
        with pytest.raises(FileNotFoundError):
            store.open("a/3")
        assert store.url("a/1").endswith("/a/1")


# ---------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "name", [".hidden.csv", "_SUCCESS", "a.csv.tmp", "a.csv.part", "a.csv.PARTIAL", "_x/../.b.csv"]
)
def test_files_with_a_temporary_name_are_skipped(intake: Any, name: str) -> None:
    if ".." not in name:
        intake.deliver(b"half a fi", name)

    assert intake.receive() == []


class Growing:
    """Read a folder in which another process still writes."""

    writes_are_atomic = False

    def __init__(self, store: ObjectStore, path: Path) -> None:
        self._store = store
        self._path = path

    def list(self, prefix: str) -> list[ObjectInfo]:
        """List the files, and append to the growing file."""
        files = self._store.list(prefix)
        with self._path.open("ab") as file:
            file.write(b"more\n")
        return files

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_a_growing_file_is_skipped(intake: Any, tmp_path: Path) -> None:
    intake.change(settle_seconds=0.1)
    path = intake.deliver(intake.csv(intake.row()))
    settled = intake.store
    intake.store = Growing(settled, tmp_path / "objects" / path)
    assert intake.receive() == []

    intake.store = settled
    (tmp_path / "objects" / path).write_bytes(intake.csv(intake.row()))
    assert [receipt.rows_landed for receipt in intake.receive()] == [1]


def test_a_file_name_that_no_store_accepts_is_held(intake: Any, tmp_path: Path) -> None:
    folder = tmp_path / "objects/landing/synthetic/transactions"
    folder.mkdir(parents=True)
    (folder / "a\\..\\b\n.csv").write_bytes(intake.csv(intake.row()))

    receipts = intake.receive()

    assert [receipt.state for receipt in receipts] == ["held"]
    assert intake.receive() == []


def test_a_link_out_of_the_store_is_not_followed(intake: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(intake.csv(intake.row()))
    folder = tmp_path / "objects/landing/synthetic/transactions"
    folder.mkdir(parents=True)
    (folder / "a.csv").symlink_to(secret)
    os.mkfifo(folder / "b.csv")

    assert intake.receive() == []
    assert stat.S_ISFIFO((folder / "b.csv").stat().st_mode)


def test_a_file_in_a_subfolder_is_admitted(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()), "2026/03/a.csv")

    assert intake.take()[0].rows_admitted == 1


def test_a_file_changed_in_place_is_another_delivery(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    intake.take()

    intake.deliver(intake.csv(intake.row(amount="13.50")))

    assert intake.take()[0].rows_admitted == 1
