"""Check the parts of a stack by their signs of life, not by the existence of a process.

A process that has lost its database runs for some seconds before it ends. Airflow reports a
heartbeat of the last half minute as healthy. So a heartbeat counts only if the current process can
have sent it. `make up` waits for a second heartbeat, because a failing process ends before it.
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
# analysts may use up their own connections; the jobs stay healthy
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
FRESH_SECONDS = 30.0  # a process sends a heartbeat every five seconds; a busy machine delays it


@dataclass(frozen=True, slots=True)
class Sign:
    """One part of a stack: its process, and its newest sign of life.

    Args:
        pid: of the process that runs now, or None.
        at: when it answered or sent a heartbeat, UTC; None without an answer.
        since: when the process started, UTC; an older heartbeat is of an earlier process.
    """

    pid: int | None = None
    at: datetime | None = None
    since: datetime | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Return whether the current process gave the sign, and recently."""
        if self.pid is None or self.at is None:
            return False
        is_its_own = self.since is None or self.at >= self.since
        return is_its_own and now - self.at <= timedelta(seconds=FRESH_SECONDS)


@dataclass
class Settling:
    """Find the parts that have not settled: a settled part gave two signs from one process.

    Args:
        began: when the wait began, UTC; an earlier sign does not count.
        seconds: least time between the two signs.
    """

    began: datetime
    seconds: float = SETTLE_SECONDS
    _pids: dict[str, int | None] = field(default_factory=dict)
    _firsts: dict[str, datetime] = field(default_factory=dict)

    def missing(self, current: Mapping[str, Sign], now: datetime) -> list[str]:
        """Return the parts that have not settled, given their current signs."""
        return [name for name, sign in current.items() if not self._has_settled(name, sign, now)]

    def _has_settled(self, name: str, sign: Sign, now: datetime) -> bool:
        if sign.pid != self._pids.get(name):  # a new process needs two new signs
            self._pids[name] = sign.pid
            self._firsts.pop(name, None)
        if not sign.is_fresh(now) or sign.at is None or sign.at < self.began:
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
    """Return the sign of life of each part of a stack, by name."""
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
    current = {POSTGRES: postgres}
    for name in (SUPERVISOR, *PROCESSES):
        record = running.get(name)
        if record is None:
            current[name] = Sign()
        elif name in HEARTBEATS:
            # a heartbeat from before the server's last start proves nothing about the server
            starts = [start for start in (record.started_at(), postgres.since) if start]
            beat = _heartbeat(health, HEARTBEATS[name])
            current[name] = Sign(record.pid, beat, max(starts))
        else:
            current[name] = Sign(record.pid, now if answers[name] else None)
    return current


def airflow_missing(state: State) -> list[str]:
    """Return the unhealthy ones of Airflow's four processes."""
    now, current = datetime.now(UTC), signs(state)
    return [name for name in AIRFLOW_PROCESSES if not current[name].is_fresh(now)]


def airflow_health(state: State) -> dict[str, Any]:
    """Return the api-server's report on Airflow's parts; empty without an answer."""
    try:
        answer = httpx.get(f"{airflow_url(state)}/api/v2/monitor/health", timeout=10)
        health: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return {}
    return health


def mlflow_answers(state: State) -> bool:
    """Return whether MLflow is healthy."""
    try:
        return httpx.get(f"{mlflow_url(state)}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _server(state: State) -> Sign:
    """Return the sign of Postgres: an answer to a query as each role of the jobs."""
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
    report = health.get(part) or {}
    newest = report.get(f"latest_{part}_heartbeat")
    if report.get("status") != "healthy" or not newest:
        return None
    return datetime.fromisoformat(newest.replace("Z", "+00:00")).astimezone(UTC)
