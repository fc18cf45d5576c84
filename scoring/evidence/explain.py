"""Gathers everything about one decision for a person.

An explanation holds the decision and its reasons, and the features behind them. For comparison it
adds the usual values of the subject and of the population at that time. The subject is a customer,
a product, or a product in a channel. It also names model, policy, delivery and run.
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
from scoring.evidence import provenance
from scoring.evidence.lookup import subject_of
from scoring.runs import record
from scoring.runs.job import Job, quoted

SHOWN_FEATURES = 8
# a flag's median is 0, 0.5 or 1; a category has none
_AS_NUMBER = {Kind.FLAG: "{}::int::float8", Kind.CATEGORY: "nullif({0}, {0})::float8"}
POPULATION_ROWS = 10_000
_REVISION = ("revision", "decision", "decided_at", "run_id")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FeatureValue:
    """One feature of the decided row, with its usual values."""

    name: str
    text: str
    value: float | str | None
    contribution: float | None  # to the log-odds; None without a model that gives one
    subject_median: float | None  # over the subject's rows of the 30 days before
    population_median: float | None  # over the newest feature rows known by then
    population_p99: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one decision."""

    decision: Row
    reasons: Sequence[Row]
    features: Sequence[FeatureValue]
    subject_rows: int
    population_rows: int
    run: Row
    policy: Row
    delivery: Row
    revisions: Sequence[Row]
    lines: Sequence[str] = ()  # of the job's own, about the row


def explain(job: Job, decision_id: str, settings: Settings, store: ObjectStore) -> Explanation:
    """Gather the facts about a decision.

    Args:
        job: the job of the ledger.
        decision_id: such as `transactions/t1/0`; a plain id means the newest revision.
        settings: access to the warehouse.
        store: the store of the model files.

    Raises:
        ConfigurationError: there is no such decision.
    """
    with database.connect(settings.warehouse, "score") as connection:
        revisions = _revisions(connection, job, decision_id)
        decision = _chosen(revisions, decision_id, job)
        run = record.load(connection, decision["run_id"])
        values = _features(connection, job, decision)
        contributions, lines = _from_model(connection, job, decision, settings, store)
        reasons = decision.get("reasons", [])
        in_reasons = [reason["feature"] for reason in reasons if reason.get("feature")]
        ranked = sorted(contributions, key=lambda name: -abs(contributions[name]))
        names = list(dict.fromkeys([*in_reasons, *(ranked or job.view.columns)]))[:SHOWN_FEATURES]
        of_subject, subject_rows = _usual_of_subject(connection, job, decision, names)
        of_population, population_rows = _usual_of_population(connection, job, values, names)
        return Explanation(
            decision={name: decision[name] for name in decision if name != "reasons"},
            reasons=reasons,
            features=[
                FeatureValue(
                    name=name,
                    text=job.view.feature(name).analyst_text,
                    value=_number(values.get(name)),
                    contribution=contributions.get(name),
                    subject_median=of_subject.get(name),
                    population_median=of_population.get(name),
                    population_p99=of_population.get(f"{name} p99"),
                )
                for name in names
            ],
            subject_rows=subject_rows,
            population_rows=population_rows,
            run=provenance.run_of(connection, run),
            policy=provenance.policy_of(connection, run),
            delivery=provenance.delivery_of(connection, job, decision),
            revisions=[{name: row[name] for name in _REVISION if name in row} for row in revisions],
            lines=lines,
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
    revision = int(decision_id.rsplit("/", 1)[1]) if named else None
    for row in reversed(revisions):
        if revision in {None, row["revision"]}:
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


def _from_model(
    connection: psycopg.Connection[Any],
    job: Job,
    decision: Row,
    settings: Settings,
    store: ObjectStore,
) -> tuple[dict[str, float], list[str]]:
    """Return the contributions of features, and the job's lines; empty without the model."""
    domain = job.decides()
    try:
        run = record.load(connection, decision["run_id"])
        decider = domains.decider_for_replay(job, run, settings, store).deciding(
            decision["model_version"]
        )
    except ModelUnavailableError:
        return {}, []
    if not decider.is_complete or decision[job.components[0]] != "ok":
        return {}, []
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
        return {}, []
    parts = decider.contributions(rows)
    contributions = {name: parts[name][0].as_py() for name in parts.column_names}
    return contributions, decider.lines(rows)


def _usual_of_subject(
    connection: psycopg.Connection[Any], job: Job, decision: Row, names: Sequence[str]
) -> tuple[dict[str, float | None], int]:
    """Return medians over the subject's rows of the 30 days before, by the ledger's context."""
    context = {name: decision[name] for name in job.ledger.context}
    is_same = sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier("earlier", name), sql.Placeholder(name))
        for name in context
    )
    # a night's own row names its subject; the view of nights would be read for each of them
    earlier = job.ledger.table if job.population.nights else job.population.subjects
    population = sql.SQL(
        "select features.* from {earlier} as earlier inner join {features} as features "
        "on features.{id} = earlier.{id} and features.version = earlier.version "
        "where {is_same} and earlier.{at} < %(at)s "
        "and earlier.{at} >= %(at)s - interval '30 days'"
    ).format(
        earlier=quoted(earlier),
        features=quoted(job.view.table),
        id=job.subject_id,
        at=job.event_time,
        is_same=is_same,
    )
    return _medians(
        connection, job, population, names, {**context, "at": decision[job.view.event_time]}
    )


def _usual_of_population(
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


def _number(value: Any) -> float | str | None:  # noqa: ANN401 - a JSON value
    return value if value is None or isinstance(value, str) else float(value)
