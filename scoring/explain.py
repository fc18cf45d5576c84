"""`python -m scoring explain`: one decision, told to a person.

What was decided and why, the features that moved it beside what is usual for the customer and for
everybody at that time, and everything that it rests on: model, policy, delivery, run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from features import readers
from features.errors import ConfigurationError, ModelUnavailableError
from features.objects import ObjectStore
from features.views import Kind
from scoring import runs
from scoring.fraud import decider
from scoring.jobs import JOBS, SCORE_TRANSACTIONS, Job, quoted
from scoring.replay import subject_of
from scoring.settings import Settings, get_settings
from scoring.storage import object_store

SHOWN_FEATURES = 8
POPULATION_ROWS = 10_000

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FeatureValue:
    """One feature of the decided row, and what is usual."""

    name: str
    text: str
    value: float | None
    contribution: float | None  # log-odds towards fraud; null where the model could not be asked
    customer_median: float | None  # over the customer's rows of the 30 days before
    population_median: float | None  # over the newest feature rows known by then
    population_p99: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one decision."""

    decision: Row
    reasons: Sequence[Row]
    features: Sequence[FeatureValue]
    customer_rows: int
    population_rows: int
    run: Row
    policy: Row
    delivery: Row
    revisions: Sequence[Row]


def explain(job: Job, decision_id: str, settings: Settings, store: ObjectStore) -> Explanation:
    """Gather what is known about a decision.

    Args:
        job: whose ledger.
        decision_id: such as `transactions/t1/0`; a plain id means the newest revision.
        settings: where the warehouse is.
        store: where the model files lie.

    Raises:
        ConfigurationError: there is no such decision.
    """
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        revisions = _revisions(connection, job, decision_id)
        decision = _chosen(revisions, decision_id, job)
        found = runs.load(connection, decision["run_id"])
        values = _features(connection, job, decision)
        contributions = _contributions(connection, decision, found, settings, store)
        spoken = [reason["feature"] for reason in decision["reasons"] if reason.get("feature")]
        loud = sorted(contributions, key=lambda name: -abs(contributions[name]))
        names = list(dict.fromkeys([*spoken, *(loud or job.view.columns)]))[:SHOWN_FEATURES]
        usual, usual_rows = _usual_of_customer(connection, job, decision, names)
        common, common_rows = _usual_of_everybody(connection, job, values, names)
        return Explanation(
            {name: decision[name] for name in decision if name != "reasons"},
            decision["reasons"],
            [
                FeatureValue(
                    name,
                    job.view.feature(name).analyst_text,
                    _number(values.get(name)),
                    contributions.get(name),
                    usual.get(name),
                    common.get(name),
                    common.get(f"{name} p99"),
                )
                for name in names
            ],
            usual_rows,
            common_rows,
            _run(connection, found),
            _policy(connection, found),
            _delivery(connection, job, decision),
            [
                {name: row[name] for name in ("revision", "decision", "decided_at", "run_id")}
                for row in revisions
            ],
        )


def _revisions(
    connection: psycopg.Connection[Any], job: Job, decision_id: str
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL("select * from {} where {} = %s order by revision").format(
                job.ledger_table, job.subject_id
            ),
            (subject_of(decision_id, job),),
        ).fetchall()


def _chosen(revisions: list[dict[str, Any]], decision_id: str, job: Job) -> dict[str, Any]:
    named = subject_of(decision_id, job) != decision_id
    wanted = int(decision_id.rsplit("/", 1)[1]) if named else None
    for row in reversed(revisions):
        if wanted in {None, row["revision"]}:
            return row
    raise ConfigurationError(
        f"{job.ledger} has no decision {decision_id!r}; "
        "look ids up in serving.latest_transaction_decisions"
    )


def _features(connection: psycopg.Connection[Any], job: Job, decision: Row) -> dict[str, Any]:
    row = connection.execute(
        sql.SQL(
            "select to_jsonb(features) from {} as features where {} = %s and version = %s"
        ).format(quoted(job.view.table), job.subject_id),
        (decision[job.id_column], decision["version"]),
    ).fetchone()
    return dict(row[0]) if row else {}


def _contributions(
    connection: psycopg.Connection[Any],
    decision: Row,
    found: runs.Run,
    settings: Settings,
    store: ObjectStore,
) -> dict[str, float]:
    """Ask the pinned model what each feature added; nothing where it cannot be asked."""
    try:
        asked = decider.for_replay(found, settings, store)
    except ModelUnavailableError:
        return {}
    if asked.explainer is None or decision["fraud_status"] != "ok":
        return {}
    rows = readers.read(
        connection,
        sql.SQL(
            "select {} from {} as features cross join (select 0 as revision) as asked "
            "where features.transaction_id = {} and features.version = {}"
        ).format(
            decider.input_columns("asked"),
            quoted(SCORE_TRANSACTIONS.view.table),
            sql.Literal(decision["transaction_id"]),
            sql.Literal(decision["version"]),
        ),
        decider.INPUT_TYPES,
    )
    if rows.num_rows == 0:
        return {}
    parts = asked.contributions(rows)
    return {name: parts[name][0].as_py() for name in parts.column_names}


def _usual_of_customer(
    connection: psycopg.Connection[Any], job: Job, decision: Row, names: Sequence[str]
) -> tuple[dict[str, float | None], int]:
    """Return medians over the customer's rows of the 30 days before, found by raw's index."""
    population = sql.SQL(
        "select features.* from {raw} as earlier inner join {features} as features "
        "on features.{id} = earlier.{id} and features.version = earlier.version "
        "where earlier.customer_id = %(customer)s and earlier.occurred_at < %(at)s "
        "and earlier.occurred_at >= %(at)s - interval '30 days'"
    ).format(raw=job.raw_table, features=quoted(job.view.table), id=job.subject_id)
    return _medians(
        connection,
        job,
        population,
        names,
        {"customer": decision["customer_id"], "at": decision["occurred_at"]},
    )


def _usual_of_everybody(
    connection: psycopg.Connection[Any], job: Job, values: Row, names: Sequence[str]
) -> tuple[dict[str, float | None], int]:
    population = sql.SQL(
        "select * from {} where delivery_seq <= %(seq)s order by delivery_seq desc limit {}"
    ).format(quoted(job.view.table), sql.Literal(POPULATION_ROWS))
    return _medians(connection, job, population, names, {"seq": values.get("delivery_seq", 0)})


def _medians(
    connection: psycopg.Connection[Any],
    job: Job,
    population: sql.Composable,
    names: Sequence[str],
    parameters: Mapping[str, Any],
) -> tuple[dict[str, float | None], int]:
    columns = sql.SQL(", ").join(
        sql.SQL(
            "percentile_cont(0.5) within group (order by {value}), "
            "percentile_cont(0.99) within group (order by {value})"
        ).format(value=_as_number(job, name))
        for name in names
    )
    row = connection.execute(
        sql.SQL("select count(*), {} from ({}) as population").format(columns, population),
        parameters,
    ).fetchone()
    if row is None:
        return {}, 0
    found: dict[str, float | None] = {}
    for position, name in enumerate(names):
        found[name], found[f"{name} p99"] = row[1 + 2 * position], row[2 + 2 * position]
    return found, row[0]


def _as_number(job: Job, name: str) -> sql.Composable:
    is_flag = job.view.feature(name).kind is Kind.FLAG
    return sql.SQL("{}::int::float8" if is_flag else "{}::float8").format(sql.Identifier(name))


def _run(connection: psycopg.Connection[Any], found: runs.Run) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "select run_id, kind, requested_by, reason, window_start, window_end, claimed_at, "
            "published_at, code_version, lock_sha256, known_at_cutoff, models "
            "from decisions.runs where run_id = %s",
            (found.run_id,),
        ).fetchone()
    return row or {}


def _policy(connection: psycopg.Connection[Any], found: runs.Run) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "select policy_version, policy_sha256, author, approver, reason, effective_from "
            "from audit.policy_activations where policy_version = %s and policy_sha256 = %s "
            "order by activated_at desc limit 1",
            (found.policy_version, found.policy_sha256),
        ).fetchone()
    return row or {"policy_version": found.policy_version, "policy_sha256": found.policy_sha256}


def _delivery(connection: psycopg.Connection[Any], job: Job, decision: Row) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            sql.SQL(
                "select deliveries.object_name, rows.row_number, deliveries.source, "
                "deliveries.content_sha256, rows.known_at "
                "from {} as rows inner join raw.deliveries "
                "on deliveries.delivery_id = rows.delivery_id "
                "where rows.{} = %s and rows.version = %s and rows.occurred_at = %s"
            ).format(job.raw_table, job.subject_id),
            (decision[job.id_column], decision["version"], decision["occurred_at"]),
        ).fetchone()
    return row or {}


def _number(value: Any) -> float | None:  # noqa: ANN401 - a JSON value
    return None if value is None else float(value)


def add_parser(commands: Any) -> None:  # noqa: ANN401 - argparse names no such type
    """Add `explain` to the command line."""
    parser = commands.add_parser("explain", help="tell one decision to a person")
    parser.add_argument("id", metavar="DECISION", help="a decision id, or the id of its subject")
    parser.add_argument("--job", choices=sorted(JOBS), default=SCORE_TRANSACTIONS.name)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_command)


def _command(parsed: argparse.Namespace) -> int:
    settings = get_settings()
    told = explain(JOBS[parsed.job], parsed.id, settings, object_store(settings))
    if parsed.json:
        sys.stdout.write(json.dumps(asdict(told), indent=2, default=_plain) + "\n")
    else:
        sys.stdout.write(text_of(told) + "\n")
    return 0


def _plain(value: Any) -> str:  # noqa: ANN401 - what JSON has no form for
    return value.hex() if isinstance(value, bytes) else str(value)


def text_of(told: Explanation) -> str:
    """Return the explanation as text for a terminal."""
    decision, run, delivery = told.decision, told.run, told.delivery
    model = (run.get("models") or {}).get("fraud", {})
    lines = [
        f"{decision['decision'].upper()}  transaction {decision['transaction_id']} of customer "
        f"{decision['customer_id']}, {decision['occurred_at']:%Y-%m-%d %H:%M:%S} UTC",
        f"  fraud probability {_score(decision, 'fraud', 'probability')}, "
        f"anomaly score {_score(decision, 'anomaly', 'score')}"
        + (", degraded" if decision["is_degraded"] else ""),
        "",
        "Reasons" if told.reasons else "No reasons: the payment was approved",
        *(
            f"  {number}. {reason['text']} ({reason['origin']}: {reason['code']})"
            for number, reason in enumerate(told.reasons, start=1)
        ),
        "",
        f"Features that moved it (usual: median of the customer's {told.customer_rows} payments of "
        f"30 days, of {told.population_rows} payments of everybody, and their 99 %)",
        f"  {'':44} {'value':>11} {'log-odds':>9} {'customer':>11} {'everybody':>11} {'99 %':>11}",
        *(
            f"  {one.text[:44]:44} {_shown(one.value):>11} {_signed(one.contribution):>9} "
            f"{_shown(one.customer_median):>11} {_shown(one.population_median):>11} "
            f"{_shown(one.population_p99):>11}"
            for one in told.features
        ),
        "",
        "It rests on",
        f"  model     {model.get('name')} version {model.get('version')}, "
        f"sha256 {str(model.get('sha256'))[:16]}",
        f"  policy    {told.policy['policy_version']}, sha256 "
        f"{told.policy['policy_sha256'][:16]}, approved by {told.policy.get('approver', 'nobody')}",
        f"  delivery  {delivery.get('object_name')} row {delivery.get('row_number')}, "
        f"known at {delivery.get('known_at')}",
        f"  features  {decision['feature_view']}, sha256 {decision['feature_sha256'].hex()[:16]}",
        f"  run       {run.get('run_id')}, {run.get('kind')} for {run.get('requested_by')}, "
        f"window {run.get('window_start')} to {run.get('window_end')}, code "
        f"{str(run.get('code_version'))[:12]}",
    ]
    if len(told.revisions) > 1:
        lines += ["", "Revisions"]
        lines += [
            f"  {row['revision']}  {row['decision']:8} {row['decided_at']}  run {row['run_id']}"
            for row in told.revisions
        ]
    lines += [
        "",
        f"Check it: python -m scoring replay {decision['transaction_id']}",
    ]
    return "\n".join(lines)


def _score(decision: Row, component: str, measure: str) -> str:
    value = decision[f"{component}_{measure}"]
    return f"{value:.4f}" if value is not None else f"none ({decision[f'{component}_status']})"


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:,.4g}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"
