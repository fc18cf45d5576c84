"""The embedded Postgres is created, started twice, stopped, and recovers from a crash."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from infra.local.postgres import Cluster, PostgresError
from infra.local.stack import postgres_cause

SMALL = {"shared_buffers": "'16MB'", "fsync": "off"}


@pytest.fixture
def cluster_of_test(tmp_path: Path) -> Iterator[Cluster]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    cluster = Cluster(tmp_path / "postgres", port, "cluster-password")
    yield cluster
    cluster.stop("immediate")


def _answers(cluster: Cluster) -> bool:
    with psycopg.connect(cluster.conninfo()) as connection:
        return connection.execute("select 1").fetchone() == (1,)


def test_a_cluster_starts_answers_and_stops(cluster_of_test: Cluster) -> None:
    cluster_of_test.create(SMALL)

    first = cluster_of_test.start()
    again = cluster_of_test.start()

    assert first == again == cluster_of_test.pid()
    assert _answers(cluster_of_test)
    cluster_of_test.stop()
    assert cluster_of_test.pid() is None


def test_a_cluster_that_exists_is_kept(cluster_of_test: Cluster) -> None:
    cluster_of_test.create(SMALL)
    made_at = (cluster_of_test.data / "PG_VERSION").stat().st_mtime_ns

    cluster_of_test.create(SMALL)

    assert (cluster_of_test.data / "PG_VERSION").stat().st_mtime_ns == made_at


def test_a_cluster_left_by_a_crash_starts_again(cluster_of_test: Cluster) -> None:
    cluster_of_test.create(SMALL)
    killed = cluster_of_test.start()
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while cluster_of_test.pid() is not None and time.monotonic() < deadline:
        time.sleep(0.05)

    cluster_of_test.start()

    assert _answers(cluster_of_test)


def test_a_start_that_was_cut_in_initdb_is_completed_by_the_next_start(
    cluster_of_test: Cluster,
) -> None:
    for leftover in (cluster_of_test.data, cluster_of_test.folder / "data.new"):
        leftover.mkdir(parents=True)
        (leftover / "PG_VERSION").write_text("18\n")
        (leftover / "postgresql.conf").write_text("#jit = on\n")

    cluster_of_test.create(SMALL)
    cluster_of_test.start()

    assert _answers(cluster_of_test)
    assert not (cluster_of_test.folder / "data.new").exists()


def test_a_cluster_in_which_a_server_has_run_is_never_recreated(cluster_of_test: Cluster) -> None:
    cluster_of_test.data.mkdir(parents=True)
    (cluster_of_test.data / "postmaster.opts").touch()

    cluster_of_test.create(SMALL)

    assert [path.name for path in cluster_of_test.data.iterdir()] == ["postmaster.opts"]


def test_two_starts_at_once_start_one_server(cluster_of_test: Cluster) -> None:
    cluster_of_test.create(SMALL)

    with ThreadPoolExecutor() as executor:
        pids = set(executor.map(lambda _: cluster_of_test.start(), range(2)))

    assert pids == {cluster_of_test.pid()}


def test_a_cluster_listens_only_on_loopback(cluster_of_test: Cluster) -> None:
    cluster_of_test.create(SMALL)
    cluster_of_test.start()

    with psycopg.connect(cluster_of_test.conninfo()) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("show unix_socket_directories").fetchone() == ("",)


def test_a_port_taken_under_the_cluster_is_named_by_its_log(cluster_of_test: Cluster) -> None:
    cluster_of_test.create(SMALL)

    with (
        socket.create_server(("127.0.0.1", cluster_of_test.port)),
        pytest.raises(PostgresError) as caught,
    ):
        cluster_of_test.start()

    assert "Address already in use" in str(caught.value)
    assert "\n" not in postgres_cause(str(caught.value))
