"""The Compose file describes the stack that `make demo` starts."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.images.fill_env import TEMPLATE, filled
from infra.local.environment import environment
from infra.local.health import AIRFLOW_PROCESSES
from infra.local.state import State

CHECKOUT = Path(__file__).resolve().parents[2]
COMPOSE = CHECKOUT / "docker-compose.yaml"
ONE_SHOT = {"migrate"}

# settings that only the embedded stack needs
LOCAL_ONLY = {
    *("SCORING_HOME", "SCORING_WORK", "AIRFLOW_HOME"),  # set by the image, in its Dockerfile
    *("AIRFLOW__CORE__DAGS_FOLDER", "AIRFLOW__CORE__PLUGINS_FOLDER"),
    # short waits for interactive use
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES",
    "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY",
    "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG",
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return content


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    by_name: dict[str, dict[str, Any]] = compose["services"]
    return by_name


def test_it_keeps_the_compose_schema() -> None:
    result = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", str(COMPOSE)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_it_has_every_part_of_the_stack(services: dict[str, Any]) -> None:
    airflow = {
        service["command"][1] for name, service in services.items() if name.startswith("airflow-")
    }

    assert airflow == set(AIRFLOW_PROCESSES)
    assert {"postgres", "store", "mlflow", "migrate"} <= set(services)


def test_every_lasting_service_reports_its_health(services: dict[str, Any]) -> None:
    silent = {name for name, service in services.items() if "healthcheck" not in service}

    assert silent == ONE_SHOT


def test_every_lasting_service_is_restarted(services: dict[str, Any]) -> None:
    policies = {name: service.get("restart") for name, service in services.items()}

    assert {policies.pop(name) for name in ONE_SHOT} == {"no"}
    assert set(policies.values()) == {"unless-stopped"}


def test_every_image_has_a_version(services: dict[str, Any]) -> None:
    for service in services.values():
        tag = service["image"].rpartition(":")[2]
        assert tag != "latest"
        assert tag == "local" or re.search(r"\d", tag)


def test_no_port_is_open_to_the_network(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_file_holds_no_secret(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD$|SECRET|_KEY$|FERNET", variable):
                assert str(value).startswith("${"), f"{name}: {variable}"
        # every user of a machine can read the arguments of its processes
        assert "${" not in str(service.get("command", "")), name


def test_the_template_names_every_secret_and_fills_it() -> None:
    secrets = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE.read_text()))
    values = dict(
        line.split("=", 1)
        for line in filled(TEMPLATE.read_text()).splitlines()
        if line and not line.startswith("#")
    )

    assert secrets <= set(values)
    assert all(values[name] for name in secrets)


def test_a_taken_port_is_replaced_when_the_template_is_filled() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        text = filled(f"VESPER_A_PORT={port}\nVESPER_B_PORT={port}\n# OTHER_PORT={port}")
    ports = [int(line.partition("=")[2]) for line in text.splitlines()[:2]]

    assert port not in ports
    assert len(set(ports)) == 2
    assert text.endswith(f"# OTHER_PORT={port}")


def test_every_port_on_the_machine_is_a_variable_of_the_template(
    services: dict[str, Any],
) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    chosen = {re.search(r":\$\{(VESPER_\w+_PORT):-(\d+)\}:", port).groups() for port in published}  # type: ignore[union-attr]
    template = dict(re.findall(r"^(VESPER_\w+_PORT)=(\d+)$", TEMPLATE.read_text(), re.MULTILINE))

    assert dict(chosen) == template


def test_tasks_get_the_same_variables_as_on_a_laptop(
    services: dict[str, Any], tmp_path: Path
) -> None:
    ours = re.compile(r"(SCORING|AIRFLOW|MLFLOW)_|DO_NOT_TRACK|GX_|DBT_|SCARF_")
    local = {name for name in environment(State("test", tmp_path)) if ours.match(name)}

    missing = local - set(services["airflow-scheduler"]["environment"]) - LOCAL_ONLY

    assert missing == set()


def test_optional_settings_reach_every_process_and_are_never_empty(
    services: dict[str, Any],
) -> None:
    readers = [s["environment"] for s in services.values() if "SCORING_SOURCES" in s["environment"]]

    for name in ("SCORING_DECIDE_FROM", "SCORING_TRAINING__KEEP", "SCORING_TRAINING__DROP"):
        # without a value Compose passes a set variable on, and leaves out one that is not set
        assert [environment[name] for environment in readers] == [None] * len(readers)
        assert f"# {name}=" in TEMPLATE.read_text()


def test_every_process_that_reads_descriptions_has_those_of_the_user(
    services: dict[str, Any],
) -> None:
    readers = {name: s for name, s in services.items() if "SCORING_SOURCES" in s["environment"]}

    assert {"migrate", "airflow-scheduler"} <= set(readers)
    for name, service in readers.items():
        mounts = [volume for volume in service["volumes"] if isinstance(volume, dict)]
        assert [mount["target"] for mount in mounts] == [
            service["environment"]["SCORING_SOURCES_DIR"]
        ], name


def test_every_part_of_airflow_has_the_same_settings(services: dict[str, Any]) -> None:
    airflow = [s["environment"] for name, s in services.items() if name.startswith("airflow-")]

    assert all(environment == airflow[0] for environment in airflow)


def test_the_image_is_built_from_the_lock() -> None:
    dockerfile = (CHECKOUT / "infra" / "images" / "Dockerfile").read_text()

    assert re.search(r"^FROM python:3\.11\.\d+-slim", dockerfile, re.MULTILINE)
    assert "--require-hashes -r requirements.txt" in dockerfile


def test_the_core_s_lock_is_a_part_of_the_whole_lock() -> None:
    pins = {
        name: set(re.findall(r"^([a-z0-9_.\-]+==\S+)", (CHECKOUT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-core.txt")
    }

    assert pins["requirements-core.txt"] <= pins["requirements.txt"]
    assert not [pin for pin in pins["requirements-core.txt"] if "airflow" in pin]
