"""What must hold after every fault, asked of the warehouse and of the published files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq

from scoring.domains import SCORE_TRANSACTIONS
from scoring.evidence import closure
from tests.faults import deliveries
from tests.faults.deliveries import CARD, MARKER
from tests.faults.flow import Told
from tests.faults.world import World

_DECIDED = """
select transaction_id, count(*) filter (where revision = 0), count(*)
from decisions.transaction_decisions group by transaction_id
"""
_DOUBLED_VERSIONS = """
select count(*) from (
    select from raw.transaction_versions group by transaction_id, content_digest, delivery_seq
    having count(*) > 1
) as twins
"""
_RAW_WITHOUT_KEY = """
select
    (select count(*) from raw.transactions) - (select count(*) from raw.transaction_versions),
    (select count(*) from raw.transactions) - (select count(*) from (
        select distinct transaction_id, version from raw.transactions) as keys)
"""
_DIGEST = """
select md5(string_agg(
    concat_ws('|', transaction_id, revision, version, decision, fraud_status, fraud_probability,
        anomaly_status, anomaly_score, reasons, rule_hits, encode(feature_sha256, 'hex'),
        model_version, policy_version), ',' order by transaction_id, revision))
from decisions.transaction_decisions
"""
_LEFT = """
select n.nspname || '.' || c.relname from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('scored', 'landed') and c.relkind in ('r', 'v')
order by 1
"""


@dataclass
class Verdict:
    """What was found: rows lost, rows doubled, and everything else that does not hold."""

    lost: int = 0
    doubled: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: Verdict) -> Verdict:
        """Take over what another look has found."""
        self.lost = max(self.lost, other.lost)
        self.doubled = max(self.doubled, other.doubled)
        self.problems += [one for one in other.problems if one not in self.problems]
        return self


@dataclass(frozen=True)
class Expected:
    """What must stand in the ledger."""

    decided: frozenset[str]
    rejected: int
    revisions: dict[str, int] = field(default_factory=dict)  # ids with more than one


def expected(windows: Iterable[deliveries.Delivery]) -> Expected:
    """Return what the deliveries of decided windows must lead to."""
    found = list(windows)
    return Expected(
        frozenset().union(*(one.accepted for one in found)), sum(one.rejected for one in found)
    )


def usual() -> Expected:
    """Return what stands after the second window."""
    return expected([deliveries.first_window(), deliveries.second_window()])


def look(world: World, wanted: Expected, *, digest: str | None = None) -> Verdict:
    """Check everything in one warehouse.

    Args:
        world: where no process is at work.
        wanted: what must be decided.
        digest: of the decisions, where the fault may not have changed them.
    """
    verdict = Verdict()
    _check_ledger(world, wanted, verdict)
    _check_raw(world, wanted, verdict)
    _check_closure(world, verdict)
    _check_files(world, verdict)
    left = [name for (name,) in world.rows(_LEFT)]
    if left:
        verdict.problems.append(f"left behind: {', '.join(left[:3])}")
    open_runs = world.rows(
        "select run_id, state from decisions.runs where state not in ('published', 'failed')"
    )
    if open_runs:
        verdict.problems.append(f"open runs: {open_runs}")
    if digest is not None and digest_of(world) != digest:
        verdict.problems.append("decisions differ from those of a run without a fault")
    return verdict


def digest_of(world: World) -> str:
    """Return a digest of every decision, times and run ids excepted."""
    return str(world.rows(_DIGEST)[0][0])


def _check_ledger(world: World, wanted: Expected, verdict: Verdict) -> None:
    decided = {name: (firsts, total) for name, firsts, total in world.rows(_DECIDED)}
    missing = wanted.decided - decided.keys()
    strange = decided.keys() - wanted.decided
    twice = [
        name
        for name, (firsts, total) in decided.items()
        if firsts != 1 or total != wanted.revisions.get(name, 1)
    ]
    verdict.lost += len(missing)
    verdict.doubled += len(twice)
    if strange:
        verdict.problems.append(f"{len(strange)} decisions that nobody asked for")


def _check_raw(world: World, wanted: Expected, verdict: Verdict) -> None:
    verdict.doubled += world.rows(_DOUBLED_VERSIONS)[0][0]
    without_key, same_key = world.rows(_RAW_WITHOUT_KEY)[0]
    verdict.doubled += same_key
    verdict.lost += abs(without_key)
    # bytes that come back after others are taken again, and their bad rows are rejected again
    rejected = world.rows(
        "select count(distinct (deliveries.content_sha256, rejected_rows.row_number)) "
        "from raw.rejected_rows inner join raw.deliveries using (delivery_id) "
        "where deliveries.state = 'admitted'"
    )[0][0]
    verdict.lost += max(wanted.rejected - rejected, 0)
    verdict.doubled += max(rejected - wanted.rejected, 0)


def _check_closure(world: World, verdict: Verdict) -> None:
    with psycopg.connect(world.conninfo("score"), autocommit=True) as connection:
        found = closure.equations(connection, SCORE_TRANSACTIONS)
    verdict.problems += [str(one) for one in found if not one.holds]


def _check_files(world: World, verdict: Verdict) -> None:
    """Hold the published files against the ledger: the same rows, each once, of published runs."""
    published = {
        str(run_id)
        for (run_id,) in world.rows("select run_id from decisions.runs where state = 'published'")
    }
    root = world.objects / "published" / SCORE_TRANSACTIONS.published
    manifests = {
        path.parent.name.removeprefix("run="): path for path in root.glob("*/manifest.json")
    }
    if manifests.keys() != published:
        verdict.problems.append(f"{len(manifests)} manifests for {len(published)} published runs")
    in_files: list[tuple[str, int]] = []
    for path in manifests.values():
        table = pq.read_table(
            path.parent / json.loads(path.read_text())["file"],
            columns=["transaction_id", "revision"],
            partitioning=None,
        )
        in_files += zip(
            table["transaction_id"].to_pylist(), table["revision"].to_pylist(), strict=True
        )
    ledger = set(world.rows("select transaction_id, revision from decisions.transaction_decisions"))
    verdict.doubled += len(in_files) - len(set(in_files))
    if set(in_files) != ledger:
        verdict.problems.append(
            f"files hold {len(set(in_files))} decisions, the ledger {len(ledger)}"
        )


# ---------------------------------------------------------------- what people and files may see


def message_problems(told: Told, world: World) -> list[str]:
    """Return what is wrong with the words that a person finds where a step has failed."""
    if told.ok or told.error in {"Killed", "Exit"}:
        return []
    if not told.message.strip():
        return [f"{told.error} at {told.step} says nothing"]
    found = []
    if "Traceback" in told.message:
        found.append(f"{told.error} at {told.step} shows a traceback")
    if len(told.message) > 1500:
        found.append(f"{told.error} at {told.step} tells {len(told.message)} characters")
    found += [f"the message of {told.error} tells {what}" for what in _secrets(told.message, world)]
    return found


def leaks(world: World) -> list[str]:
    """Return where a secret, a card number or a row's value stands that must not stand there."""
    found: list[str] = []
    for path in world.logs:
        found += [f"{path.name} tells {what}" for what in _secrets(_text(path), world)]
    for path in world.objects.rglob("*"):
        if path.is_file() and path.relative_to(world.objects).parts[0] != "landing":
            content = _text(path)
            found += [f"{path.name} holds {what}" for what in _secrets(content, world)]
    stored = world.rows(
        "select count(*) from raw.rejected_rows where original like %s or detail like %s",
        f"%{CARD}%",
        f"%{CARD}%",
    )[0][0]
    if stored:
        found.append(f"{stored} rejected rows hold a card number")
    return found


def server_log_leaks(log: Path, start: int, passwords: Iterable[str]) -> list[str]:
    """Return what the server's own log tells, from a position on."""
    with log.open("rb") as handle:
        handle.seek(start)
        text = handle.read().decode(errors="replace")
    canaries = {"a password": list(passwords), "a card number": [CARD], "a row's value": [MARKER]}
    return [
        f"the server's log tells {what}"
        for what, values in canaries.items()
        if any(value in text for value in values)
    ]


def _secrets(text: str, world: World) -> list[str]:
    canaries: dict[str, list[str]] = {
        "a password": [*world.house.passwords.values(), world.house.cluster.password],
        "a card number": [CARD],
        "a row's value": [MARKER],
    }
    return [what for what, values in canaries.items() if any(value in text for value in values)]


def _text(path: Path) -> str:
    if path.suffix == ".parquet":
        try:
            table = pq.read_table(path, partitioning=None)
        except (OSError, ValueError):
            return ""
        return " ".join(str(column.to_pylist()) for column in table.columns)
    return path.read_bytes().decode(errors="replace")


def summary(found: Any) -> str:
    """Return problems as one line."""
    return "; ".join(found)
