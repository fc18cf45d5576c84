"""One decision, and everything that it rests on, gathered for a person.

What was decided and why, the features that moved it beside what is usual for the customer and for
everybody at that time, and everything that it rests on: model, policy, delivery, run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from features.platform import database, readers
from features.platform.errors import ConfigurationError, ModelUnavailableError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from features.views import Kind
from scoring import domains
from scoring.evidence.lookup import subject_of
from scoring.runs import record
from scoring.runs.job import Job, quoted

SHOWN_FEATURES = 8
# of a flag the median is its share's side of a half; of words there is none
_AS_NUMBER = {Kind.FLAG: "{}::int::float8", Kind.CATEGORY: "nullif({0}, {0})::float8"}
POPULATION_ROWS = 10_000

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FeatureValue:
    """One feature of the decided row, and what is usual."""

    name: str
    text: str
    value: float | str | None
    contribution: (
        float | None
    )  # log-odds towards fraud or default; null where the model could not be asked
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
    with database.connect(settings.warehouse, "score") as connection:
        revisions = _revisions(connection, job, decision_id)
        decision = _chosen(revisions, decision_id, job)
        found = record.load(connection, decision["run_id"])
        values = _features(connection, job, decision)
        contributions = _contributions(connection, job, decision, settings, store)
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
        return database.fetch_all(
            cursor,
            "read the revisions of a decision",
            sql.SQL("select * from {} where {} = %s order by revision").format(
                job.ledger_table, job.subject_id
            ),
            (subject_of(decision_id, job),),
        )


def _chosen(revisions: list[dict[str, Any]], decision_id: str, job: Job) -> dict[str, Any]:
    named = subject_of(decision_id, job) != decision_id
    wanted = int(decision_id.rsplit("/", 1)[1]) if named else None
    for row in reversed(revisions):
        if wanted in {None, row["revision"]}:
            return row
    raise ConfigurationError(
        f"{job.ledger.table} has no decision {decision_id!r}; look ids up in "
        f"serving.{job.serving}, or name another job by --job"
    )


def _features(connection: psycopg.Connection[Any], job: Job, decision: Row) -> dict[str, Any]:
    row = database.fetch_optional(
        connection,
        "read the features of a decision",
        sql.SQL(
            "select to_jsonb(features) from {} as features where {} = %s and version = %s"
        ).format(quoted(job.view.table), job.subject_id),
        (decision[job.id_column], decision["version"]),
    )
    return dict(row[0]) if row else {}


def _contributions(
    connection: psycopg.Connection[Any],
    job: Job,
    decision: Row,
    settings: Settings,
    store: ObjectStore,
) -> dict[str, float]:
    """Ask the pinned model what each feature added; nothing where it cannot be asked."""
    domain = job.decides()
    try:
        run = record.load(connection, decision["run_id"])
        decider = domains.decider_for_replay(job, run, settings, store)
    except ModelUnavailableError:
        return {}
    if decider.explainer is None or decision[job.components[0]] != "ok":
        return {}
    rows = readers.read(
        connection,
        sql.SQL(
            "select {columns} from {features} as features inner join {ledger} as ledger "
            "on ledger.{id} = features.{id} and ledger.version = features.version "
            "where ledger.{id} = {subject} and ledger.revision = {revision}"
        ).format(
            columns=domain.input_columns("ledger", "ledger"),
            features=quoted(job.view.table),
            ledger=job.ledger_table,
            id=job.subject_id,
            subject=sql.Literal(decision[job.id_column]),
            revision=sql.Literal(decision["revision"]),
        ),
        domain.input_types,
    )
    if rows.num_rows == 0:
        return {}
    parts = decider.contributions(rows)
    return {name: parts[name][0].as_py() for name in parts.column_names}


def _usual_of_customer(
    connection: psycopg.Connection[Any], job: Job, decision: Row, names: Sequence[str]
) -> tuple[dict[str, float | None], int]:
    """Return medians over the customer's rows of the 30 days before, found by raw's index."""
    population = sql.SQL(
        "select features.* from {raw} as earlier inner join {features} as features "
        "on features.{id} = earlier.{id} and features.version = earlier.version "
        "where earlier.customer_id = %(customer)s and earlier.{at} < %(at)s "
        "and earlier.{at} >= %(at)s - interval '30 days'"
    ).format(
        raw=quoted(job.population.subjects),
        features=quoted(job.view.table),
        id=job.subject_id,
        at=job.event_time,
    )
    return _medians(
        connection,
        job,
        population,
        names,
        {"customer": decision["customer_id"], "at": decision[job.view.event_time]},
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
    rows, *figures = database.fetch_one(
        connection,
        "compute medians of features",
        sql.SQL("select count(*), {} from ({}) as population").format(columns, population),
        parameters,
    )
    medians: dict[str, float | None] = {}
    for position, name in enumerate(names):
        medians[name], medians[f"{name} p99"] = figures[2 * position : 2 * position + 2]
    return medians, rows


def _as_number(job: Job, name: str) -> sql.Composable:
    form = _AS_NUMBER.get(job.view.feature(name).kind, "{}::float8")
    return sql.SQL(form).format(sql.Identifier(name))


def _run(connection: psycopg.Connection[Any], found: record.Run) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return database.fetch_one(
            cursor,
            f"read run {found.run_id}",
            "select run_id, job, kind, requested_by, reason, window_start, window_end, claimed_at, "
            "published_at, code_version, lock_sha256, known_at_cutoff, models "
            "from decisions.runs where run_id = %s",
            (found.run_id,),
        )


def _policy(connection: psycopg.Connection[Any], found: record.Run) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = database.fetch_optional(
            cursor,
            "read the activation of the policy",
            "select policy_version, policy_sha256, author, approver, reason, effective_from "
            "from audit.policy_activations where policy_version = %s and policy_sha256 = %s "
            "order by activated_at desc limit 1",
            (found.policy_version, found.policy_sha256),
        )
    return row or {"policy_version": found.policy_version, "policy_sha256": found.policy_sha256}


def _delivery(connection: psycopg.Connection[Any], job: Job, decision: Row) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = database.fetch_optional(
            cursor,
            "read the delivery of a decision",
            sql.SQL(
                "select deliveries.object_name, rows.row_number, deliveries.source, "
                "deliveries.content_sha256, rows.known_at "
                "from {} as rows inner join raw.deliveries "
                "on deliveries.delivery_id = rows.delivery_id "
                "where rows.{} = %s and rows.version = %s and rows.{} = %s"
            ).format(quoted(job.population.subjects), job.subject_id, job.event_time),
            (decision[job.id_column], decision["version"], decision[job.view.event_time]),
        )
    return row or {}


def _number(value: Any) -> float | str | None:  # noqa: ANN401 - a JSON value
    return value if value is None or isinstance(value, str) else float(value)
