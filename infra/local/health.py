"""Which parts of a stack work: told by a sign of life, not by a process that is there.

A process whose database has just gone still runs for seconds before it ends, and Airflow calls a
heartbeat of the last half minute healthy. So a heartbeat counts if the process that runs now can
have sent it, and `make up` waits for a second one: by then what was about to end has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from infra.local import processes
from infra.local.environment import airflow_url, mlflow_url
from infra.local.postgres import Cluster
from infra.local.programs import SUPERVISOR
from infra.local.state import State

AIRFLOW_PROCESSES = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
PROCESSES = ("mlflow", *AIRFLOW_PROCESSES)
POSTGRES = "postgres"
# analysts may use up their own connections, and that makes nobody else ill
JOB_ROLES = {
    **dict.fromkeys(("ingest", "transform", "score"), "warehouse"),
    "airflow": "airflow",
    "mlflow": "mlflow",
}
HEARTBEATS = {
    "scheduler": "scheduler",
    "dag-processor": "dag_processor",
    "triggerer": "triggerer",
}
SETTLE_SECONDS = 3.0
FRESH_SECONDS = 30.0  # of a process that sends one every five seconds, on a busy machine


@dataclass(frozen=True, slots=True)
class Sign:
    """One part of a stack: its process, and its newest sign of life.

    Args:
        pid: of the process that runs now, or None.
        at: when it answered or sent a heartbeat, UTC; None where it does not.
        since: when the process started, UTC; a heartbeat before that is an earlier one's.
    """

    pid: int | None = None
    at: datetime | None = None
    since: datetime | None = None

    def is_of_now(self, now: datetime) -> bool:
        """Return whether this process itself has given the sign, and not long ago."""
        if self.pid is None or self.at is None:
            return False
        is_its_own = self.since is None or self.at >= self.since
        return is_its_own and now - self.at <= timedelta(seconds=FRESH_SECONDS)


@dataclass
class Settling:
    """Tells which parts have not shown yet that they stay: two signs of one process, apart.

    Args:
        began: when somebody began to wait, UTC; an earlier sign counts for nothing.
        seconds: how far apart the two signs are at least.
    """

    began: datetime
    seconds: float = SETTLE_SECONDS
    _pids: dict[str, int | None] = field(default_factory=dict)
    _firsts: dict[str, datetime] = field(default_factory=dict)

    def missing(self, found: Mapping[str, Sign], now: datetime) -> list[str]:
        """Return the parts that have not settled, given how each looks now."""
        return [name for name, sign in found.items() if not self._has_settled(name, sign, now)]

    def _has_settled(self, name: str, sign: Sign, now: datetime) -> bool:
        if sign.pid != self._pids.get(name):  # it was started again: all begins anew
            self._pids[name] = sign.pid
            self._firsts.pop(name, None)
        if not sign.is_of_now(now) or sign.at is None or sign.at < self.began:
            self._firsts.pop(name, None)
            return False
        first = self._firsts.setdefault(name, sign.at)
        return sign.at - first >= timedelta(seconds=self.seconds)


def cluster(state: State) -> Cluster:
    """Return the stack's Postgres."""
    return Cluster(state.folder / "postgres", state.ports()["postgres"], state.secrets["postgres"])


def log_file(state: State, name: str) -> Path:
    """Return the log of one part of the stack."""
    if name == POSTGRES:
        return cluster(state).folder / "postgres.log"
    return state.logs / f"{name}.log"


def signs(state: State) -> dict[str, Sign]:
    """Return the sign of life of each part of a stack, by its name."""
    now = datetime.now(UTC)
    records = processes.recorded(state)
    running = {name: record for name, record in records.items() if record.runs()}
    postgres = _server(state)
    health = airflow_health(state)
    answers = {
        SUPERVISOR: True,
        "mlflow": mlflow_answers(state),
        "api-server": (health.get("metadatabase") or {}).get("status") == "healthy",
    }
    found = {POSTGRES: postgres}
    for name in (SUPERVISOR, *PROCESSES):
        record = running.get(name)
        if record is None:
            found[name] = Sign()
        elif name in HEARTBEATS:
            # what was sent before the server last started says nothing of the server
            starts = [start for start in (record.started_at(), postgres.since) if start]
            beat = _heartbeat(health, HEARTBEATS[name])
            found[name] = Sign(record.pid, beat, max(starts))
        else:
            found[name] = Sign(record.pid, now if answers[name] else None)
    return found


def airflow_missing(state: State) -> list[str]:
    """Return those of Airflow's four processes that are not healthy."""
    now, found = datetime.now(UTC), signs(state)
    return [name for name in AIRFLOW_PROCESSES if not found[name].is_of_now(now)]


def airflow_health(state: State) -> dict[str, Any]:
    """Return what the api-server says of Airflow's parts; nothing where it does not answer."""
    try:
        answer = httpx.get(f"{airflow_url(state)}/api/v2/monitor/health", timeout=10)
        found: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return {}
    return found


def mlflow_answers(state: State) -> bool:
    """Return whether MLflow is healthy."""
    try:
        return httpx.get(f"{mlflow_url(state)}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _server(state: State) -> Sign:
    """Return the sign of Postgres: it answers a query as each role of the jobs."""
    if (pid := cluster(state).pid()) is None:
        return Sign()
    since = processes.record(pid).started_at()
    try:
        for role, database in JOB_ROLES.items():
            with psycopg.connect(
                host="127.0.0.1",
                port=state.ports()["postgres"],
                dbname=database,
                user=role,
                password=state.secrets[role],
                connect_timeout=5,
            ) as connection:
                connection.execute("select 1")
    except psycopg.Error:
        return Sign(pid, None, since)
    return Sign(pid, datetime.now(UTC), since)


def _heartbeat(health: Mapping[str, Any], part: str) -> datetime | None:
    told = health.get(part) or {}
    newest = told.get(f"latest_{part}_heartbeat")
    if told.get("status") != "healthy" or not newest:
        return None
    return datetime.fromisoformat(newest.replace("Z", "+00:00")).astimezone(UTC)
