"""Print the state of a stack: its processes, their health and memory, the warehouse's rows."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
from rich.text import Text

from infra.local import processes
from infra.local.console import console, table
from infra.local.environment import airflow_url, mlflow_url
from infra.local.health import POSTGRES, cluster, signs
from infra.local.programs import SUPERVISOR, ends
from infra.local.state import State
from scoring.domains import JOBS

_COUNTED = (
    ("raw.deliveries", "raw.deliveries", "admitted_at"),
    ("raw.rejected_rows", "raw.rejected_rows", "rejected_at"),
    ("decisions.runs (published)", "decisions.runs where state = 'published'", "published_at"),
    *((job.population.subjects, job.view.versions, "known_at") for job in JOBS.values()),
    *((job.ledger.table, job.ledger.table, "decided_at") for job in JOBS.values()),
)
# real counts, because an estimate is 0 for a table with only new rows
COUNTS = " union all ".join(
    f"select '{name}', count(*), max({moment}) from {rows}"  # noqa: S608 - names of ours
    for name, rows, moment in _COUNTED
)

HELD = """
select delivery_id, object_name, reason, count(*) over () from raw.deliveries where state = 'held'
order by received_at desc limit 10
"""


def status(state: State) -> bool:
    """Print the state of one stack; return whether every part is healthy."""
    rows, memory = [], 0.0
    healths = health(state)
    for name, (pid, healthy, where) in healths.items():
        size = processes.memory_mib(_family(name, pid)) if pid else 0.0
        memory += size
        shown = Text.from_markup(
            "[green]healthy[/]" if healthy else "[red]not healthy[/]" if pid else "[dim]down[/]"
        )
        rows.append((name, pid or "", shown, f"{size:,.0f}" if pid else "", where))
    table(f"Stack of SOURCE={state.source}", ["process", "pid", "health", "MiB", "where"], rows)
    console.print(f"Total memory: {memory:,.0f} MiB (each process counts shared pages)")
    _show_ends(state)
    if healths["postgres"][1]:
        _show_warehouse(state)
    return all(healthy for _, healthy, _ in healths.values())


def health(state: State) -> dict[str, tuple[int | None, bool, str]]:
    """Return by process: its id if it runs, whether it is healthy, and its address or note."""
    now, records = datetime.now(UTC), processes.recorded(state)
    where = {
        POSTGRES: f"127.0.0.1:{state.ports()['postgres']}",
        SUPERVISOR: "restarts processes that end",
        "mlflow": mlflow_url(state),
        "api-server": airflow_url(state),
    }
    healths: dict[str, tuple[int | None, bool, str]] = {}
    for name, sign in signs(state).items():
        place = where.get(name, str(state.logs))
        if name == SUPERVISOR and sign.pid is None:
            place = "no process restarts the others: `make up`"
        healths[name] = (sign.pid, sign.is_fresh(now), place)
    if (feed := records.get("feed")) is not None and feed.runs():
        healths["feed"] = (feed.pid, True, "delivers a file of sample data each hour")
    return healths


def _family(name: str, pid: int) -> set[int]:
    """Return a process and its descendants; those of the supervisor have their own lines."""
    return {pid} if name == SUPERVISOR else processes.descendants(pid)


def _show_ends(state: State) -> None:
    """Print the processes that ended without `make down`, with cause and next step."""
    ended = {
        name: facts for name, facts in ends(state).items() if facts.restarts or facts.has_failed
    }
    if not ended:
        return
    rows = [
        (name, facts.restarts, facts.last_at, facts.cause, "given up" if facts.has_failed else "")
        for name, facts in ended.items()
    ]
    table("Ended without `make down`", ["process", "restarts", "last end", "cause", ""], rows)
    for name, facts in ended.items():
        if facts.has_failed:
            console.print(
                f"[red]{name} has ended {facts.quick} times in a row and is not started again:[/] "
                f"mend the cause, then `make up`; the last lines of its log:"
            )
            for line in facts.tail:
                console.print(f"  {line}", style="dim", markup=False)


def _show_warehouse(state: State) -> None:
    try:
        with psycopg.connect(cluster(state).conninfo("warehouse")) as connection:
            rows = connection.execute(COUNTS).fetchall()
            held = connection.execute(HELD).fetchall()
    except psycopg.Error as error:
        console.print(f"[red]the warehouse could not be read:[/] {error}")
        return
    table(
        "Warehouse",
        ["table", "rows", "newest"],
        [
            (name, f"{count:,}", newest and f"{newest:%Y-%m-%d %H:%M:%S} UTC")
            for name, count, newest in rows
        ],
    )
    if held:
        count = held[0][-1]
        shown = f", the newest {len(held)}" if count > len(held) else ""
        rows = [row[:-1] for row in held]
        table(f"Held deliveries: {count:,}{shown}", ["delivery", "file", "reason"], rows)
        console.print(
            "`vesper deliveries show` has rejected rows and the next step; `retry`, `release` and "
            "`discard` end a hold."
        )
