"""A local stack has state, ports, secrets and an environment, and reports problems in one line."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local import ports, run_dag, stack, status
from infra.local.environment import environment, logins_file, write_logins
from infra.local.state import CHECKOUT, DEFAULT_PORTS, StackError, State
from tests.conftest import Db
from tests.faults.leaks import CHUNK_BYTES, leaks
from tests.integration.infra.stack_process import printed_by


@pytest.fixture
def state(tmp_path: Path) -> State:
    stack_state = State("test", tmp_path)
    stack_state.prepare()
    return stack_state


def test_a_taken_port_is_reported_in_one_line_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(StackError) as caught:
            ports.require_free("mlflow", port)

    message = str(caught.value)
    assert f"port {port}, needed by mlflow, is taken by" in message
    assert f"(pid {os.getpid()})" in message
    assert f"VESPER_MLFLOW_PORT={port + 1}" in message
    assert "\n" not in message


def test_a_free_port_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    ports.require_free("mlflow", port)  # otherwise it raises a StackError

    assert capsys.readouterr() == ("", "")


def test_a_chosen_port_is_remembered(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VESPER_AIRFLOW_PORT", "8123")
    state.choose_ports()
    monkeypatch.delenv("VESPER_AIRFLOW_PORT")

    assert State("test", state.root).ports()["airflow"] == 8123


def test_a_taken_port_gives_way_to_the_next_free_one_and_is_remembered(
    state: State, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in DEFAULT_PORTS:
        monkeypatch.delenv(f"VESPER_{name.upper()}_PORT", raising=False)
    first = state.choose_ports()
    with socket.create_server(("127.0.0.1", first["mlflow"])):
        stack.take_ports(state)
        moved = state.ports()

    assert moved["mlflow"] > first["mlflow"]
    assert {moved[name] for name in moved} & {first["mlflow"]} == set()
    assert f"Port {first['mlflow']} of mlflow is taken by" in capsys.readouterr().out
    assert state.choose_ports() == moved


def test_a_port_that_a_variable_sets_is_refused_where_it_is_taken(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("VESPER_MLFLOW_PORT", str(port))

        with pytest.raises(StackError, match=f"port {port}, needed by mlflow, is taken"):
            stack.take_ports(state)


@pytest.mark.parametrize("value", ["80", "99999", "eighty"])
def test_an_invalid_port_is_refused(
    state: State, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("VESPER_AIRFLOW_PORT", value)

    with pytest.raises(StackError, match="is no port"):
        state.choose_ports()


def test_secrets_are_created_once_and_only_the_owner_reads_them(state: State) -> None:
    secrets = state.secrets
    write_logins(state)
    state.write("pids.json", {})

    for path in (state.folder / "secrets.json", logins_file(state), state.folder / "pids.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.folder.stat().st_mode) == 0o700
    assert State("test", state.root).secrets == secrets
    assert len(set(secrets.values())) == len(secrets)


def test_no_process_is_started_with_a_secret_among_its_arguments(state: State) -> None:
    arguments = " ".join(stack.mlflow_command(state))

    assert not [name for name, secret in state.secrets.items() if secret in arguments]
    assert state.secrets["mlflow"] in environment(state, "mlflow")["MLFLOW_BACKEND_STORE_URI"]
    assert state.secrets["mlflow"] not in str(environment(state, "scheduler"))


def test_a_secret_that_others_can_read_is_found_and_not_repeated(state: State) -> None:
    log = state.airflow_home / "logs" / "task.log"
    log.parent.mkdir()
    log.write_text("x" * (CHUNK_BYTES - 5) + state.secrets["score"])
    sleep = [
        sys.executable,
        "-c",
        "print(flush=True); import time; time.sleep(60)",
        state.secrets["ingest"],
    ]
    with subprocess.Popen(sleep, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the kernel shows its arguments after this line
        places = leaks(state)
        process.kill()
    log.write_text("nothing")

    assert sorted(places) == [
        f"ingest in the command line of process {process.pid}",
        f"score in the log {log}",
    ]
    assert leaks(state) == []


def test_every_process_has_one_environment_without_the_caller_s_variables(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCORING_FAILPOINT", "publish:crash")
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "True")

    variables = environment(state)

    assert "SCORING_FAILPOINT" not in variables
    assert variables["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert variables["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert variables["DO_NOT_TRACK"] == variables["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert all(isinstance(value, str) for value in variables.values())


def test_the_settings_of_the_core_come_out_of_that_environment(state: State) -> None:
    code = (
        "from features.platform.settings import get_settings as g; s = g(); "
        "print(s.sources, s.warehouse.port, s.home, s.objects.url)"
    )

    assert printed_by(state, code) == ["test", "5442", str(CHECKOUT), f"file://{state.objects}"]


def test_two_commands_do_not_start_one_stack_at_once(state: State) -> None:
    with state.locked(), pytest.raises(StackError, match="is running: wait"), state.locked():
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_reported_in_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(StackError, match=r"^cannot write .*: permission denied$"):
        State("test", tmp_path).prepare()


def test_a_file_in_place_of_a_folder_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "test").touch()

    with pytest.raises(StackError, match=r"^cannot write [^\n]*$"):
        State("test", tmp_path).prepare()


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (("train_model", None, None, None), "did you mean train_models?"),
        (("", None, None, None), "no DAG is named"),
        (("train_models", "2026-03-01T00:00Z", None, None), "takes no window"),
        (("score_transactions", "2026-03-01T00:00Z", None, None), "give both"),
        (("score_transactions", "2026-03-01T00:00", "2026-03-02T00:00Z", None), "with a zone"),
        (
            ("score_transactions", "soon", "2026-03-02T00:00Z", None),
            "START: .soon. is no time with a zone",
        ),
        (("score_transactions", "2026-03-02T00:00Z", "2026-03-01T00:00Z", None), "is not before"),
        (("score_transactions", None, None, "2026-03-01T00:00Z"), "takes no AS_OF"),
    ],
)
def test_an_impossible_run_is_not_triggered(
    order: tuple[str, str | None, str | None, str | None], message: str
) -> None:
    with pytest.raises(StackError, match=message):
        run_dag.order_of(*order)


def test_the_status_names_a_held_delivery_and_the_reason(migrated: Db) -> None:
    with migrated.connect("ingest") as connection:
        connection.execute(
            "insert into raw.deliveries (source, feed, object_name, content_sha256, size_bytes, "
            "load_kind, state, reason) values ('shop', 'transactions', 'landing/a.csv', 'x', 1, "
            "'live', 'held', 'unreadable: line 3')"
        )

    held = migrated.rows(status.HELD)

    assert [row[1:] for row in held] == [("landing/a.csv", "unreadable: line 3", 1)]
    assert ("raw.deliveries", 1) in [row[:2] for row in migrated.rows(status.COUNTS)]
