"""Call Airflow's REST API: trigger runs, watch their tasks, read a log."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from features.platform.moments import parse_moment
from infra.local.environment import airflow_url
from infra.local.state import StackError, State

FINISHED = {"success", "failed"}
DAG_PATIENCE_SECONDS = 90
ANSWER_PATIENCE_SECONDS = 180
CONFLICT = 409
REPEATED = {
    *("timestamp", "event", "level", "logger", "filename", "lineno", "loc", "error_detail"),
    *("dag_id", "run_id", "task_id", "ti_id", "map_index", "try_number"),
}


@dataclass
class Airflow:
    """A client with the admin's login."""

    state: State
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._client = httpx.Client(base_url=airflow_url(self.state), timeout=30)
        answer = self._client.post(
            "/auth/token",
            json={"username": "admin", "password": self.state.secrets["airflow_admin"]},
        )
        self._checked(answer)
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def await_dag(self, dag_id: str) -> None:
        """Wait until Airflow has parsed a DAG.

        Raises:
            StackError: Airflow cannot parse the DAG, or has not parsed it in time; with the cause.
        """
        deadline = time.monotonic() + DAG_PATIENCE_SECONDS
        while self._get(f"/api/v2/dags/{dag_id}").status_code != 200:
            if time.monotonic() > deadline:
                raise StackError(f"Airflow does not know the DAG {dag_id}: {self._import_errors()}")
            time.sleep(1)

    def unparsed(self, files: Collection[str], began: datetime) -> list[str]:
        """Return the DAG files that Airflow has not parsed, or that had an error before `began`.

        Raises:
            StackError: Airflow could not parse a file after `began`; with the cause.
        """
        answer = self._checked(self._get("/api/v2/importErrors", params={"limit": 100}))
        errors = {error["filename"]: error for error in answer.json()["import_errors"]}
        broken = [error for error in errors.values() if parse_moment(error["timestamp"]) >= began]
        if broken:
            raise StackError(
                f"Airflow cannot parse {_listed(broken)}: mend the file, then `make up` again"
            )
        answer = self._checked(self._get("/api/v2/dags", params={"limit": 100}))
        parsed = {dag["relative_fileloc"] for dag in answer.json()["dags"] if not dag["is_stale"]}
        return sorted(set(files) - parsed | set(errors))

    def set_paused(self, dag_id: str, *, is_paused: bool) -> None:
        """Pause a DAG, or let its schedule and its queued runs go on."""
        self._checked(self._client.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": is_paused}))

    def is_paused(self, dag_id: str) -> bool:
        """Return whether the schedule of a DAG is off."""
        return bool(self._dag(dag_id)["is_paused"])

    def next_run(self, dag_id: str) -> datetime | None:
        """Return when the schedule will run a DAG next."""
        moment = self._dag(dag_id)["next_dagrun_run_after"]
        return parse_moment(moment) if moment else None

    def due_interval(self, dag_id: str) -> tuple[datetime, datetime] | None:
        """Return the interval that the schedule runs next, if it is over already."""
        interval = self._next_interval(dag_id)
        return interval if interval and interval[1] <= datetime.now(UTC) else None

    def delay(self, dag_id: str) -> timedelta:
        """Return how long after the end of a window the schedule starts its run."""
        if (interval := self._next_interval(dag_id)) is None:
            return timedelta(0)
        start, end = interval
        return (end - datetime.min.replace(tzinfo=UTC)) % (end - start)

    def _next_interval(self, dag_id: str) -> tuple[datetime, datetime] | None:
        dag = self._dag(dag_id)
        bounds = [dag[f"next_dagrun_data_interval_{end}"] for end in ("start", "end")]
        if not all(bounds):
            return None
        start, end = map(parse_moment, bounds)
        return start, end

    def _dag(self, dag_id: str) -> dict[str, Any]:
        dag: dict[str, Any] = self._checked(self._get(f"/api/v2/dags/{dag_id}")).json()
        return dag

    def trigger(
        self,
        dag_id: str,
        conf: Mapping[str, object],
        *,
        interval: tuple[datetime, datetime] | None = None,
        run_after: datetime | None = None,
    ) -> str:
        """Trigger a run; return its id.

        Args:
            dag_id: id of the DAG.
            conf: the values of the DAG's form.
            interval: the data interval of the run. The schedule then skips this interval. If the
                interval already has a run, the new run has no interval.
            run_after: Airflow starts queued runs of one DAG in this order.
        """
        plain: dict[str, Any] = {"logical_date": None, "conf": dict(conf)}
        body = dict(plain)
        if run_after is not None:
            body["run_after"] = run_after.isoformat()
        if interval is not None:
            start, end = (bound.isoformat() for bound in interval)
            body |= {"logical_date": start, "data_interval_start": start, "data_interval_end": end}
        path = f"/api/v2/dags/{dag_id}/dagRuns"
        answer = self._client.post(path, json=body)
        if answer.status_code == CONFLICT:
            answer = self._client.post(path, json=plain)
        run_id: str = self._checked(answer).json()["dag_run_id"]
        return run_id

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run: queued, running, success or failed."""
        answer = self._checked(self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"))
        state: str = answer.json()["state"]
        return state

    def running(self, dag_id: str) -> list[str]:
        """Return the ids of the runs of a DAG that go on, oldest first."""
        answer = self._checked(
            self._get(
                f"/api/v2/dags/{dag_id}/dagRuns", params={"state": "running", "order_by": "id"}
            )
        )
        return [run["dag_run_id"] for run in answer.json()["dag_runs"]]

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run; a mapped task has one per shard."""
        answer = self._checked(self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances"))
        instances: list[dict[str, Any]] = answer.json()["task_instances"]
        return instances

    def log_tail(self, dag_id: str, run_id: str, task: Mapping[str, Any], lines: int = 15) -> str:
        """Return the last lines of a task's log."""
        answer = self._get(
            f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task['task_id']}"
            f"/logs/{max(task['try_number'], 1)}",
            params={"full_content": True, "map_index": task["map_index"]},
            headers={"Accept": "application/json"},
        )
        content = answer.json().get("content", []) if answer.status_code == 200 else []
        return "\n".join(_lines(content)[-lines:])

    def _get(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        """Repeat a request until an answer comes; Airflow may be slow or its database down."""
        deadline = time.monotonic() + ANSWER_PATIENCE_SECONDS
        while True:
            try:
                answer = self._client.get(path, **options)
                if not answer.is_server_error:
                    return answer
                cause = str(answer.status_code)
            except httpx.TransportError as error:
                cause = str(error)
            if time.monotonic() > deadline:
                raise StackError(f"Airflow does not answer: {cause}; `make status`")
            time.sleep(1)

    def _import_errors(self) -> str:
        answer = self._checked(self._get("/api/v2/importErrors"))
        return _listed(answer.json()["import_errors"]) or "it has not parsed it yet"

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_error:
            raise StackError(
                f"Airflow refused {answer.request.method} {answer.request.url.path}: "
                f"{answer.status_code} {answer.text[:300]}"
            )
        return answer


def _lines(content: Iterable[Any]) -> list[str]:
    """Return a log as lines, without the fields that every line repeats."""
    lines = []
    for entry in content:
        if isinstance(entry, str):
            lines.append(entry)
            continue
        if entry["event"].startswith("::") or entry.get("logger") == "py.warnings":
            continue
        facts = [f"{key}={value}" for key, value in entry.items() if key not in REPEATED]
        lines.append(" ".join([entry["event"], *facts]))
        lines += [
            f"{detail.get('exc_type')}: {detail.get('exc_value')}"
            for detail in entry.get("error_detail") or ()
        ]
    return lines


def _listed(import_errors: Iterable[Mapping[str, str]]) -> str:
    return "; ".join(
        f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}"
        for error in import_errors
    )
