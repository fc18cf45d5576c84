"""The declarations of the jobs agree with the warehouse, with dbt and with the feeds."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import pytest

from features.feeds import FEEDS
from scoring.domains import JOBS
from scoring.models import gate_plan
from scoring.runs.job import AnswerKind, Job
from scoring.runs.ledger import Type
from tests.conftest import Db

MANY = 1_000_000
#: The types that a run writes as text or as a list of text.
COMPATIBLE = {
    Type.TEXT: {"text", "uuid"},
    Type.MOMENT: {"timestamp with time zone"},
    Type.TEXTS: {"text[]"},
}

each_job = pytest.mark.parametrize("job", JOBS.values(), ids=lambda job: job.name)


def columns_of(db: Db, relation: str) -> dict[str, str]:
    """Return the types of the columns of a relation, in its order."""
    rows = db.rows(
        "select attname::text, format_type(atttypid, null) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        relation,
    )
    return dict(rows)


def test_each_job_has_a_name_a_ledger_and_files_of_its_own() -> None:
    for name, job in JOBS.items():
        assert name == job.name
    for values in (
        [job.ledger.table for job in JOBS.values()],
        [job.published for job in JOBS.values()],
        [job.serving for job in JOBS.values()],
        [job.model.name for job in JOBS.values() if job.model],
        [job.gates.decisions for job in JOBS.values()],
    ):
        assert len(set(values)) == len(values)


def test_jobs_that_read_one_view_share_its_table_and_its_suite() -> None:
    views = {job.view.name for job in JOBS.values()}

    for part in ("view", "gates.features"):
        assert len({attrgetter(part)(job) for job in JOBS.values()}) == len(views)
    assert len({job.view.table for job in JOBS.values()}) == len(views)


@each_job
def test_the_ledger_has_exactly_the_declared_columns_in_their_types(migrated: Db, job: Job) -> None:
    stored = columns_of(migrated, job.ledger.table)

    assert set(stored) == set(job.columns)
    wrong = {
        name: (kind, stored[name])
        for name, kind in job.columns.items()
        if stored[name] not in COMPATIBLE.get(kind, {kind.value})
    }
    assert wrong == {}


@each_job
def test_score_may_add_to_the_ledger_and_change_nothing(migrated: Db, job: Job) -> None:
    granted = {
        privilege
        for privilege in ("select", "insert", "update", "delete", "truncate")
        if migrated.rows("select has_table_privilege('score', %s, %s)", job.ledger.table, privilege)
        == [(True,)]
    }

    assert granted == {"select", "insert"}


@each_job
def test_the_population_has_the_columns_that_select_a_window(migrated: Db, job: Job) -> None:
    subjects = columns_of(migrated, job.population.subjects)
    versions = columns_of(migrated, job.view.versions)

    promised = {
        job.id_column: "text",
        "version": "integer",
        job.view.event_time: "timestamp with time zone",
        "known_at": "timestamp with time zone",
        "delivery_seq": "bigint",
        "is_history": "boolean",
    }
    assert promised.items() <= subjects.items()
    assert {
        name: kind for name, kind in promised.items() if name != "delivery_seq"
    }.items() <= versions.items()
    assert set(job.ledger.context) <= set(subjects)


@each_job
def test_the_seals_digest_the_rows_of_the_ledger(migrated: Db, job: Job) -> None:
    digested = migrated.rows(
        "select relation, key, is_counted from audit.digested_tables "
        "where kind = 'run' and scope = %s",
        job.name,
    )

    assert digested == [(job.ledger.table, "run_id", True)]


def test_no_run_is_sealed_for_a_job_that_is_not_declared(migrated: Db) -> None:
    scopes = migrated.rows("select scope from audit.digested_tables where kind = 'run'")

    assert {scope for (scope,) in scopes} == set(JOBS)


@each_job
def test_dbt_builds_the_view_in_which_people_look_decisions_up(
    manifest: dict[str, Any], job: Job
) -> None:
    node = manifest["nodes"][f"model.vesper.{job.serving}"]

    assert node["schema"] == "serving"
    assert node["config"]["materialized"] == "view"


@each_job
def test_dbt_has_the_selector_and_the_feature_table_of_the_view(
    manifest: dict[str, Any], job: Job
) -> None:
    schema, table = job.view.table.split(".")

    assert job.view.selector in manifest["selectors"]
    assert manifest["nodes"][f"model.vesper.{table}"]["schema"] == schema


@each_job
def test_components_scores_and_outcome_are_columns_of_the_ledger(job: Job) -> None:
    assert {*job.components, *job.scores, *job.outcome} <= set(job.columns)
    assert all(job.columns[name] is Type.TEXT for name in job.components)
    assert "is_degraded" in job.outcome


@each_job
def test_an_answer_has_levels_exactly_if_it_is_a_label(job: Job) -> None:
    assert job.answers
    for answer in job.answers:
        assert bool(answer.levels) == (answer.kind is AnswerKind.LABEL)
        assert answer.bounds[0] < answer.bounds[1]


@each_job
def test_the_ledger_holds_the_values_of_an_answer_in_its_form(job: Job) -> None:
    for answer in job.answers:
        if answer.levels:
            assert job.columns[answer.name] is Type.TEXT
        else:
            kind = Type.DOUBLES if answer.length > 1 else Type.DOUBLE
            assert job.columns[answer.name] is kind


@each_job
def test_both_gates_load_under_their_names_and_check_the_columns(job: Job) -> None:
    features, decisions = (suite.load(MANY) for suite in (job.gates.features, job.gates.decisions))
    checked = {name for e in decisions.expectations for name in getattr(e, "column_set", ())}

    assert (features.name, decisions.name) == (job.gates.features.name, job.gates.decisions.name)
    assert checked <= {*job.columns, "chunk"}
    assert checked >= {*job.columns} - {"revision"}


@each_job
def test_the_decider_reads_the_features_of_the_view(job: Job) -> None:
    assert set(job.view.columns) <= set(job.decides().input_types)


@each_job
def test_population_and_training_name_feeds(job: Job) -> None:
    assert job.population.feed in FEEDS
    assert job.training is None or job.training.feed in FEEDS


@each_job
def test_the_classes_of_the_model_exist(job: Job) -> None:
    from importlib import import_module

    for path in (*job.model.classes, *job.model.parts) if job.model else ():
        module, _, name = path.rpartition(".")
        assert isinstance(getattr(import_module(module), name), type)


@each_job
def test_a_model_has_a_gate_plan_exactly_if_its_rows_can_be_compared(job: Job) -> None:
    has_plan = job.model is not None and gate_plan.load(job.model.name) is not None

    assert has_plan == (job.comparison is not None)
    assert job.comparison is None or job.answers[0].kind is AnswerKind.PROBABILITY
