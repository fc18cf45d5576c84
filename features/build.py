"""Builds features and views by running dbt in this process, one build at a time.

dbt takes no window of data: it appends features for every admitted row version that has none. Each
call has a target folder of its own, because dbt's artifacts are files that two runs would mix.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol

import structlog

from features.platform import failpoints
from features.platform.dbt_flags import constant_flags
from features.platform.errors import (
    ConfigurationError,
    ContractError,
    WarehouseUnavailableError,
)
from features.platform.server_loss import is_server_gone
from features.platform.settings import Warehouse

log = structlog.get_logger(__name__)

PROJECT = Path(__file__).resolve().parent.parent / "dbt"
BUILD_LOCK = "build"
REBUILD_LOCK = "rebuild"  # a rebuild writes to a schema of its own and need not stop a build
LOCK_WAIT = "30min"
_FOLDER = "build-"

#: A name of `dbt/selectors.yml`.
Selector = str
#: The selector of an installation.
EVERYTHING = "everything"

# dbt pastes its variables into SQL as text, so only these shapes may pass
_VARIABLES = {
    "base_currency_exponent": re.compile(r"[0-9]"),
    "source_time_zone": re.compile(r"[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*"),
    "label_maturity_days": re.compile(r"[0-9]{1,3}"),
    "customer_ids_are_shared": re.compile(r"[01]"),
    "label_provenance_ranks": re.compile(r"[a-z][a-z0-9_]*(,[a-z][a-z0-9_]*)*"),
}


class _Node(Protocol):
    name: str
    resource_type: object


class _NodeResult(Protocol):
    """What we read of dbt's result of one model."""

    node: _Node
    status: object
    message: str | None
    adapter_response: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class BuildReceipt:
    """What one build did: rows written per model (-1 where dbt counts none), and its seconds."""

    selector: str
    rows: Mapping[str, int]
    seconds: float

    @property
    def rows_added(self) -> int:
        """The feature rows that this build appended."""
        return sum(max(rows, 0) for name, rows in self.rows.items() if name.startswith("feat_"))


def install(
    warehouse: Warehouse, work: Path, variables: Mapping[str, str | int] | None = None
) -> None:
    """Build everything that a run expects to stand: seeds, empty feature tables, serving views.

    Safe to repeat, and needed after every upgrade: views are built here, never by an hourly run.
    All models are one build: dbt's own start takes as long as the empty models of a selector.

    Args:
        warehouse: where role `transform` may log in.
        work: folder for dbt's artifacts.
        variables: what the source descriptions state, see `build`.

    Raises:
        ContractError: a model failed.
        ConfigurationError: a variable is unknown or malformed.
    """
    build(EVERYTHING, warehouse, work, variables)


def build(
    selector: Selector,
    warehouse: Warehouse,
    work: Path,
    variables: Mapping[str, str | int] | None = None,
) -> BuildReceipt:
    """Run the models of one selector under the build lock.

    Args:
        selector: a name of `dbt/selectors.yml`.
        warehouse: where role `transform` may log in.
        work: folder for dbt's artifacts; each call makes and removes its own below it.
        variables: `base_currency_exponent`, `source_time_zone`, `label_maturity_days`;
            dbt_project.yml holds the defaults. Never a window of data.

    Raises:
        ContractError: a model failed; names the models and the database's first words, no values.
        WarehouseUnavailableError: the server went away meanwhile; nothing is wrong with a model.
        ConfigurationError: a variable is unknown or malformed.
    """
    checked = checked_variables(variables or {})
    started = time.perf_counter()
    conninfo = warehouse.conninfo("transform")
    with target_folder(conninfo, work) as target, locked(warehouse, BUILD_LOCK):
        results = run_dbt(selector, checked, target)
    failpoints.reach("after_features")
    receipt = BuildReceipt(
        selector=selector,
        rows={result.node.name: _rows(result) for result in results},
        seconds=round(time.perf_counter() - started, 3),
    )
    log.info("features_built", selector=selector, rows=receipt.rows_added, seconds=receipt.seconds)
    return receipt


def sweep(work: Path, before: datetime) -> int:
    """Remove the folders of builds that were killed before a moment; return how many.

    A build removes its own folder, which holds a password; one that was killed cannot.
    """
    folders = [folder for folder in (work / "dbt").glob(f"{_FOLDER}*") if _is_older(folder, before)]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return len(folders)


def _is_older(folder: Path, moment: datetime) -> bool:
    try:
        return datetime.fromtimestamp(folder.stat().st_mtime, UTC) < moment
    except FileNotFoundError:  # its build has ended meanwhile
        return False


def checked_variables(variables: Mapping[str, str | int]) -> dict[str, str | int]:
    """Return dbt's variables, or say which one is unknown or malformed."""
    for name, value in variables.items():
        if name not in _VARIABLES:
            known = ", ".join(sorted(_VARIABLES))
            raise ConfigurationError(f"dbt has no variable {name!r}; there are: {known}")
        if not _VARIABLES[name].fullmatch(str(value)):
            raise ConfigurationError(
                f"the dbt variable {name} is malformed: correct it in the source description"
            )
    return dict(variables)


@contextmanager
def target_folder(conninfo: str, work: Path) -> Iterator[Path]:
    """Make a target folder whose profile only this user can read; remove it afterwards."""
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(conninfo)
    output = {
        "type": "postgres",
        "host": parts["host"],
        "port": int(parts["port"] or 5432),
        "user": parts["user"],
        "password": parts["password"],
        "dbname": parts["dbname"],
        "schema": "staging",
        "threads": 2,
    }
    parent = (work / "dbt").resolve()
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=_FOLDER, dir=parent))
    try:
        profile = folder / "profiles.yml"
        profile.touch(mode=0o600)
        # JSON is YAML, so any password is quoted
        profile.write_text(
            json.dumps({"vesper": {"target": "warehouse", "outputs": {"warehouse": output}}})
        )
        # what dbt parsed last time saves it the seconds of parsing; dbt itself sees whether it fits
        parsed = parent / "partial_parse.msgpack"
        if parsed.exists():
            shutil.copyfile(parsed, folder / parsed.name)
        yield folder
        if (folder / parsed.name).exists():
            (folder / parsed.name).replace(parsed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(warehouse: Warehouse, lock: str) -> Iterator[None]:
    """Hold a lock of the whole warehouse; it ends with the session, hence with us.

    Args:
        warehouse: where role `transform` may log in, which alone may take the lock.
        lock: an empty table of schema `locks`.
    """
    from psycopg import sql

    from features.platform import database

    with database.connect(warehouse, "transform", autocommit=False) as connection:
        # the lock is held by a transaction that does nothing else while dbt runs
        connection.execute("set idle_in_transaction_session_timeout = 0")
        connection.execute("set transaction_timeout = 0")
        connection.execute(f"set lock_timeout = '{LOCK_WAIT}'".encode())
        # the weakest mode that excludes itself: a dump of the warehouse need not wait
        connection.execute(
            sql.SQL("lock table {} in share update exclusive mode").format(
                sql.Identifier("locks", lock)
            )
        )
        yield


def run_dbt(
    selector: str, variables: Mapping[str, str | int], target: Path
) -> Sequence[_NodeResult]:
    """Build one selector into a target folder; raise what failed, without row values."""
    from dbt.cli.main import dbtRunner

    arguments = [
        "build",
        *("--selector", selector, "--exclude-resource-type", "unit_test", "test"),
        *("--vars", json.dumps(dict(variables))),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(target)),
        *("--target-path", str(target), "--log-path", str(target)),
        *("--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats"),
        "--no-write-json",  # nobody reads the artifacts, and they are a third of a small build
    ]
    with constant_flags():
        outcome = dbtRunner().invoke(arguments)
    if outcome.exception is not None:
        told = str(outcome.exception)
        raise _failure(told, f"dbt could not start {selector}: {_scrubbed(told)}") from None
    results: Sequence[_NodeResult] = getattr(outcome.result, "results", ())
    failed = [result for result in results if str(result.status) in {"error", "fail"}]
    if failed or not outcome.success:
        told = "; ".join(f"{result.node.name}: {_scrubbed(result.message)}" for result in failed)
        raise _failure(
            "\n".join(str(result.message) for result in failed),
            f"{len(failed)} of {len(results)} models of {selector} failed: {told}. Nothing of the "
            "failed models was written; correct the cause and build again",
        )
    # a hook is no model
    return [result for result in results if str(result.node.resource_type) != "operation"]


def _failure(told: str, message: str) -> ContractError | WarehouseUnavailableError:
    return (WarehouseUnavailableError if is_server_gone(told) else ContractError)(message)


def _rows(result: _NodeResult) -> int:
    rows = (result.adapter_response or {}).get("rows_affected")
    return int(str(rows)) if rows is not None else -1


def _scrubbed(message: str | None) -> str:
    """Keep what the database says went wrong, without the values that it quotes."""
    lines = [line.strip() for line in (message or "no message").splitlines()]
    kept = []
    for line in lines:
        if re.match(r"(DETAIL|CONTEXT|HINT|LINE \d+|compiled code)\b", line):
            break
        kept.append(line)
    text = " ".join(line for line in kept if line)
    return re.sub(r"(invalid|out of range|malformed)([^:]*): .*", r"\1\2", text)[:500]
