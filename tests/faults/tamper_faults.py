"""Tamper as a superuser with raw, ledger, register, seals or files; closure names every change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import psycopg

from features.platform.objects import FolderStore
from scoring.domains import SCORE_TRANSACTIONS
from scoring.evidence import closure
from tests.faults.cases import Case, Outcome
from tests.faults.house import House, Stage
from tests.faults.world import World

_LEDGER = "decisions.transaction_decisions"
_RAW, _VERSIONS, _REJECTED = "raw.transactions", "raw.transaction_versions", "raw.rejected_rows"
#: Rows of the second window, which is not decided yet, of the first window, and of history.
_ROWS = {
    "undecided": "transaction_id = 'w2-20'",
    "decided": "transaction_id = 'w1-20'",
    "history": f"(transaction_id, version) = (select transaction_id, version from {_VERSIONS} "
    "where is_history order by transaction_id limit 1)",
}
_LAST_RUN = "(select run_id from decisions.runs order by published_at desc limit 1)"
_NEWEST = "(select delivery_id from raw.deliveries order by delivery_seq desc limit 1)"
_LAST_SEAL = "(select max(seal_seq) from audit.seals)"
_SWAPPED = (
    "with pair as (select a.transaction_id as first, b.transaction_id as second from {0} as a "
    "inner join {0} as b on a.{1} < b.{1} "
    "where a.transaction_id like 'w2-%' and b.transaction_id like 'w2-%' limit 1) "
    "update {0} as one set {1} = other.{1} from {0} as other, pair where "
    "(one.transaction_id, other.transaction_id) in ((pair.first, pair.second), "
    "(pair.second, pair.first))"
)


@dataclass(frozen=True)
class _Tampering:
    """Hold a tampering statement and a part of the expected message of closure."""

    statement: str
    named: str
    stage: Stage = Stage.PUBLISHED


def _copied(table: str, condition: str, changes: str) -> str:
    return (
        f"insert into {table} select (jsonb_populate_record(rows, '{changes}')).* "
        f"from {table} as rows where {condition}"
    )


def _of_raw() -> Iterator[tuple[str, _Tampering]]:
    for which, condition in _ROWS.items():
        for table, column in ((_RAW, "customer_id"), (_VERSIONS, "customer_id")):
            yield (
                f"delete a row of {table}, {which}",
                _Tampering(
                    f"delete from {table} where {condition}", f"{table} holds ", Stage.BUILT
                ),
            )
            yield (
                f"change a row of {table}, {which}",
                _Tampering(
                    f"update {table} set {column} = 'other' where {condition}",
                    f"rows of {table} were changed",
                    Stage.BUILT,
                ),
            )
    added = '{"transaction_id": "forged"}'
    unknown = '{"delivery_seq": 999}'
    yield (
        f"add a row to {_RAW}",
        _Tampering(_copied(_RAW, _ROWS["decided"], added), f"{_RAW} holds "),
    )
    yield (
        f"add a row of no delivery to {_RAW}",
        _Tampering(_copied(_RAW, _ROWS["decided"], unknown), "belong to no delivery"),
    )
    yield (
        f"swap amounts in {_RAW}",
        _Tampering(_SWAPPED.format(_RAW, "amount_minor"), f"rows of {_RAW} were changed"),
    )
    yield (
        "turn a label",
        _Tampering(
            "update raw.transaction_labels set is_fraud = not is_fraud",
            "rows of raw.transaction_labels were changed",
        ),
    )
    first = f"ctid = (select ctid from {_REJECTED} limit 1)"
    yield (
        "remove a rejected row",
        _Tampering(f"delete from {_REJECTED} where {first}", f"{_REJECTED} holds "),
    )
    yield (
        "change a rejected row",
        _Tampering(
            f"update {_REJECTED} set original = '' where {first}",
            f"rows of {_REJECTED} were changed",
        ),
    )


LEDGER: dict[str, _Tampering] = {
    "change a decision": _Tampering(
        f"update {_LEDGER} set anomaly_score = 0.123456 where transaction_id = 'w2-20'",
        f"rows of {_LEDGER} were changed",
    ),
    "swap probabilities": _Tampering(
        _SWAPPED.format(_LEDGER, "anomaly_score"), f"rows of {_LEDGER} were changed"
    ),
    "delete a decision": _Tampering(
        f"delete from {_LEDGER} where transaction_id = 'w2-20'", "rows in the ledger; "
    ),
    "add a decision": _Tampering(
        _copied(_LEDGER, "transaction_id = 'w2-20'", '{"revision": 1}'), f"{_LEDGER} holds "
    ),
    "add a decision of no run": _Tampering(
        _copied(
            _LEDGER,
            "transaction_id = 'w2-20'",
            '{"revision": 1, "run_id": "00000000-0000-0000-0000-000000000000"}',
        ),
        "belong to no published run",
    ),
}
REGISTER: dict[str, _Tampering] = {
    "change a delivery's counts": _Tampering(
        "update raw.deliveries set rows_in_file = rows_in_file + 1, "
        f"rows_duplicate = rows_duplicate + 1 where delivery_id = {_NEWEST}",
        "rows_duplicate is 1, sealed was 0",
    ),
    "change a delivery's state": _Tampering(
        f"update raw.deliveries set state = 'discarded' where delivery_id = {_NEWEST}",
        "state is discarded, sealed was admitted",
    ),
    "change a delivery's digests": _Tampering(
        f"update raw.deliveries set digests = '{{}}' where delivery_id = {_NEWEST}",
        "was changed in raw.deliveries since seal",
    ),
    "remove a delivery": _Tampering(
        f"delete from raw.deliveries where delivery_id = {_NEWEST}", "is gone from raw.deliveries"
    ),
    "change a run's pins": _Tampering(
        f"update decisions.runs set policy_sha256 = '' where run_id = {_LAST_RUN}",
        "was changed in decisions.runs since seal",
    ),
    "take a run back": _Tampering(
        f"update decisions.runs set state = 'failed', failure = 'x' where run_id = {_LAST_RUN}",
        "state is failed, sealed was published",
    ),
    "remove a run": _Tampering(
        f"delete from decisions.runs where run_id = {_LAST_RUN}", "is gone from decisions.runs"
    ),
    "change an approval": _Tampering(
        "update audit.policy_activations set approver = 'zoe'",
        "was changed in audit.policy_activations since seal",
    ),
    "change a seal": _Tampering(
        'update audit.seals set content = content || \'{"reason": "x"}\' where seal_seq = 2',
        "seal 2 (of ",
    ),
    "remove a seal": _Tampering(
        "delete from audit.seals where seal_seq = 2", "seal 1 is followed by seal 3"
    ),
    "cut off the last seal": _Tampering(
        f"delete from audit.seals where seal_seq = {_LAST_SEAL}", "of decisions.runs has no seal"
    ),
    "seal a changed delivery again": _Tampering(
        f"update raw.deliveries set rows_duplicate = 1, rows_in_file = rows_in_file + 1 "
        f"where delivery_id = {_NEWEST}; insert into audit.seals select newest.seal_seq + 1, "
        "sealable.kind, sealable.subject, sealable.content, now(), audit.link(newest.chain, "
        "newest.seal_seq + 1, sealable.kind, sealable.subject, sealable.content, now()) "
        "from audit.seals as newest cross join audit.sealable "
        f"where newest.seal_seq = {_LAST_SEAL} and sealable.subject = {_NEWEST}",
        "was sealed for good as seal",
    ),
    "remove the last run with its decisions and its seal": _Tampering(
        f"delete from {_LEDGER} where run_id = {_LAST_RUN}; delete from audit.seals where "
        f"subject = {_LAST_RUN}; delete from decisions.runs where run_id = {_LAST_RUN}",
        "decisions.runs has no such published run",
    ),
    "write digests and the whole chain anew": _Tampering(
        f"update {_LEDGER} set anomaly_score = 0.5 where transaction_id = 'w2-20'; "
        "create temporary table sealed on commit drop as select * from audit.seals; "
        "truncate audit.seals; select audit.seal(kind, subject) from "
        "(select kind, subject from sealed group by 1, 2 order by min(seal_seq)) as anew",
        "says another digests, seal than the run",
    ),
}


def _manifest_of_another_seal(world: World) -> None:
    path = next(world.objects.rglob("manifest.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"seal": {"seq": 1, "chain": ""}}))


def _file_cut_short(world: World) -> None:
    path = next((world.objects / "published").rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-5])


FILES: dict[str, tuple[Callable[[World], None], str]] = {
    "change a manifest": (_manifest_of_another_seal, "says another seal than the run"),
    "cut a published file short": (_file_cut_short, "was altered"),
}


def _problems(world: World, connection: psycopg.Connection[object]) -> str:
    equations = closure.equations(connection, SCORE_TRANSACTIONS, store=FolderStore(world.objects))
    return "\n".join(str(equation) for equation in equations if not equation.holds)


def tamper(house: House, done: _Tampering) -> Outcome:
    """Change append-only rows as a superuser without triggers, and run closure."""
    outcome = Outcome()
    with (
        house.world(done.stage) as world,
        psycopg.connect(house.cluster.conninfo(world.database), autocommit=True) as connection,
    ):
        before = _problems(world, connection)
        connection.execute("set session_replication_role = replica")
        with connection.transaction(force_rollback=True):
            connection.execute(done.statement.encode())
            reported = _problems(world, connection)
    _judge(outcome, before, reported, done.named)
    return outcome


def alter(house: House, change: Callable[[World], None], named: str) -> Outcome:
    """Change an object in the object store, and run closure."""
    outcome = Outcome()
    with (
        house.world(Stage.PUBLISHED) as world,
        psycopg.connect(house.cluster.conninfo(world.database), autocommit=True) as connection,
    ):
        before = _problems(world, connection)
        change(world)
        reported = _problems(world, connection)
    _judge(outcome, before, reported, named)
    return outcome


def _judge(outcome: Outcome, before: str, reported: str, named: str) -> None:
    if before:
        outcome.verdict.problems.append(f"before any change: {before}")
    if named not in reported:
        outcome.verdict.problems.append(
            f"closure did not report {named!r}: {reported or 'everything holds'}"
        )
    outcome.seen = next((line for line in reported.splitlines() if named in line), "")[:200]


def cases() -> Iterator[Case]:
    """Yield one case per tampering."""
    for place, done in (*_of_raw(), *LEDGER.items(), *REGISTER.items()):
        yield Case("tampering", place, "closure names it", partial(tamper, done=done))
    for place, (change, named) in FILES.items():
        run = partial(alter, change=change, named=named)
        yield Case("tampering", place, "closure names it", run)
