"""Build the environment of every process of a local stack."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from infra.local.state import (
    AIRFLOW_USERS,
    CHECKOUT,
    State,
    code_version,
    write_private,
    write_private_text,
)

# A process inherits only these variables of the caller's shell, and the columns that each training
# keeps or drops, so a stray variable has no effect.
INHERITED = ("PATH", "HOME", "USER", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE")

QUIET = {
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
}

# Many small processes share few cores; one thread per process is fastest.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA")
}


def environment(state: State, program: str = "") -> dict[str, str]:
    """Return the whole environment of this stack's processes.

    Args:
        state: of the stack.
        program: name of a program that needs its own secret; other programs do not get it.
    """
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
        # process titles must not overwrite /proc/<pid>/environ: `make down` finds orphans by it
        "SPT_NOENV": "1",
        **QUIET,
        **ONE_THREAD,
        **scoring(state),
        **mlflow(state),
        **airflow(state),
        **({"MLFLOW_BACKEND_STORE_URI": mlflow_store_url(state)} if program == "mlflow" else {}),
        # the fault suite sets variables for its own stack
        **state.read("environment.json", {}),
    }


def scoring(state: State) -> dict[str, str]:
    """Return the variables of the project's code and of dbt."""
    passwords = {
        f"SCORING_WAREHOUSE__{role.upper()}_PASSWORD": state.secrets[role]
        for role in ("ingest", "transform", "score", "analyst", "fairness")
    }
    return passwords | {
        "SCORING_WAREHOUSE__HOST": "127.0.0.1",
        "SCORING_WAREHOUSE__PORT": str(state.ports()["postgres"]),
        "SCORING_WAREHOUSE__DATABASE": "warehouse",
        "SCORING_WAREHOUSE__BASE_CURRENCY": state.base_currency(),
        "SCORING_OBJECTS__URL": f"file://{state.objects}",
        "SCORING_REGISTRY__TRACKING_URI": mlflow_url(state),
        "SCORING_HOME": str(CHECKOUT),
        "SCORING_WORK": str(state.folder / "work"),
        "SCORING_CODE_VERSION": code_version(),
        "SCORING_SOURCES": state.source,
        "SCORING_SOURCES_DIR": str(state.sources_dir()),
        **{name: os.environ[name] for name in os.environ if name.startswith("SCORING_TRAINING__")},
        **_border(state),
    }


def _border(state: State) -> dict[str, str]:
    """Return the first moment to decide, where the demo has derived it from the data."""
    sample = state.read("sample.json", {})
    return {"SCORING_DECIDE_FROM": sample["live_from"]} if sample.get("is_derived") else {}


def mlflow(state: State) -> dict[str, str]:
    """Return the variables of the MLflow server and of its clients."""
    return {
        "MLFLOW_TRACKING_URI": mlflow_url(state),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # seven idle processes, 2 GB
        "MLFLOW_ENABLE_AI_GATEWAY": "false",
        "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX": "^(models:/|mlflow-artifacts:/).*",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
        "MLFLOW_ALLOW_HTTP_REDIRECTS": "false",
        "MLFLOW_SERVER_X_FRAME_OPTIONS": "DENY",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    }


def airflow(state: State) -> dict[str, str]:
    """Return the variables of Airflow's four processes."""
    url = airflow_url(state)
    settings = {
        "core": {
            "dags_folder": str(CHECKOUT / "dags"),
            "plugins_folder": str(CHECKOUT / "plugins"),
            "load_examples": "False",
            "executor": "LocalExecutor",
            "parallelism": "4",
            "max_active_runs_per_dag": "1",
            "default_task_retries": "5",
            "default_task_retry_delay": "15",
            "default_task_execution_timeout": "3600",
            "min_serialized_dag_update_interval": "10",
            "fernet_key": state.secrets["airflow_fernet_key"],
            "simple_auth_manager_users": ",".join(map(":".join, AIRFLOW_USERS.items())),
            "simple_auth_manager_passwords_file": str(logins_file(state)),
            "execution_api_server_url": f"{url}/execution/",
            "num_dag_runs_to_retain_rendered_fields": "5",
            "sensitive_var_conn_names": "pan,card,iban,hmac,salt",
        },
        "database": {
            "sql_alchemy_conn": _url(state, "postgresql+psycopg2", "airflow"),
            "sql_alchemy_conn_async": _url(state, "postgresql+asyncpg", "airflow"),
        },
        "api": {
            "host": "127.0.0.1",
            "port": str(state.ports()["airflow"]),
            "base_url": url,
            "workers": "1",
            "secret_key": state.secrets["airflow_secret_key"],
            "enable_swagger_ui": "False",  # it answers without a login
            "instance_name": f"Vesper ({state.source})",
        },
        "api_auth": {
            "jwt_secret": state.secrets["airflow_jwt_secret"],
            "jwt_expiration_time": "28800",
            "jwt_cli_expiration_time": "600",
        },
        "scheduler": {
            "task_instance_heartbeat_timeout": "60",
            "task_instance_heartbeat_timeout_detection_interval": "5",
            "scheduler_heartbeat_sec": "2",
            "orphaned_tasks_check_interval": "60",
        },
        "dag_processor": {
            "refresh_interval": "30",
            "min_file_process_interval": "30",
            "parsing_processes": "1",
        },
        "logging": {
            "base_log_folder": str(state.airflow_home / "logs"),
            "dag_processor_child_process_log_directory": str(
                state.airflow_home / "logs" / "dag_processor"
            ),
            "file_task_handler_new_folder_permissions": "0o750",
            "file_task_handler_new_file_permissions": "0o640",
            "colored_console_log": "False",
        },
    }
    flat = {
        f"AIRFLOW__{section.upper()}__{name.upper()}": value
        for section, options in settings.items()
        for name, value in options.items()
    }
    return flat | {"AIRFLOW_HOME": str(state.airflow_home)}


def write_logins(state: State) -> None:
    """Write Airflow's logins; otherwise Airflow generates passwords and logs them."""
    passwords = {user: state.secrets[f"airflow_{user}"] for user in AIRFLOW_USERS}
    write_private(logins_file(state), passwords)


def write_terminal_file(state: State) -> None:
    """Write the variables with which the project's commands reach this stack from a terminal."""
    lines = [f"{name}='{value}'" for name, value in scoring(state).items()]
    write_private_text(state.root / "env", "\n".join(lines) + "\n")


def logins_file(state: State) -> Path:
    """Return the file of Airflow's logins."""
    return state.airflow_home / "logins.json"


def mlflow_store_url(state: State) -> str:
    """Return the URL of MLflow's own database."""
    return _url(state, "postgresql+psycopg2", "mlflow")


def mlflow_url(state: State) -> str:
    """Return the URL of MLflow."""
    return f"http://127.0.0.1:{state.ports()['mlflow']}"


def airflow_url(state: State) -> str:
    """Return the URL of Airflow."""
    return f"http://127.0.0.1:{state.ports()['airflow']}"


def _url(state: State, driver: str, role: str) -> str:
    password = quote(state.secrets[role], safe="")
    return f"{driver}://{role}:{password}@127.0.0.1:{state.ports()['postgres']}/{role}"
