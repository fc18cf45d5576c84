"""The functions behind the tasks of the DAG that tries a policy on past decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param

from features.platform.errors import ConfigurationError
from orchestration import fields
from orchestration.run_request import LONGEST_PERSON, MOMENT
from orchestration.steps import Receipt

LONGEST_VERSION = 40
LONGEST_POLICY = 200_000  # letters of a pasted file

FORM = {
    "policy": Param(
        None,
        type=["null", "string"],
        maxLength=LONGEST_VERSION,
        title="Policy version",
        description="A version of the policies of this checkout, such as 2026.12.2.",
    ),
    "draft": Param(
        None,
        type=["null", "string"],
        format="multiline",
        maxLength=LONGEST_POLICY,
        title="Or a draft",
        description="The text of a policy file that no version has yet.",
    ),
    "start": Param(None, **MOMENT, title="From (UTC)", description="The first event, inclusive."),
    "end": Param(None, **MOMENT, title="To (UTC)", description="The last event, exclusive."),
    "model": Param(
        None,
        type=["null", "string"],
        maxLength=9,
        title="Model version",
        description="Of the job named below; scores the stored features anew. Empty: the scores of "
        "the ledger.",
    ),
    "job": Param(
        None,
        type=["null", "string"],
        enum=[None, "score_transactions", "score_applications"],
        title="Only this job",
        description="Empty: every job that the policy decides.",
    ),
    "person": Param(
        None,
        type=["null", "string"],
        maxLength=LONGEST_PERSON,
        title="Person",
        description="The person who tries the policy.",
    ),
}


def simulate(job: str, context: Mapping[str, Any]) -> Receipt:
    """Try the policy of the form on the decisions of a job; skipped for a job that it leaves out.

    Raises:
        ConfigurationError: a field is missing or wrong, or the policy cannot run; nothing is
            written.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from features.platform import database
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from scoring.domains import JOBS
    from scoring.simulation import records
    from scoring.simulation.order import Order, jobs_for, model_pin
    from scoring.simulation.run import simulate as simulated

    params = context["params"]
    named = params.get("job")
    start, end = (fields.moment(name, params.get(name)) for name in ("start", "end"))
    if start >= end:
        raise ConfigurationError("start is not before end; nothing was simulated")
    person = fields.text("person", params.get("person"), LONGEST_PERSON)
    if params.get("model") and named is None:
        raise ConfigurationError("model is a version of one job's model: name the job too")
    policy, settings = _policy(params), get_settings()
    jobs = jobs_for(policy, JOBS[named] if named else None, list(JOBS.values()))
    if JOBS[job] not in jobs:
        raise AirflowSkipException(f"the form leaves {job} out, or the policy does not decide it")
    store = object_store(settings)
    pin = model_pin(JOBS[job], params["model"], settings, store) if params.get("model") else None
    report = simulated(Order(JOBS[job], policy, (start, end), pin), settings, store)
    with database.connect(settings.warehouse, "score") as connection:
        simulation_id = records.add(connection, report, f"{person} ({context['dag_run'].run_id})")
    return {
        "simulation_id": str(simulation_id),
        "job": job,
        "policy": policy.version,
        "decisions": report.rows,
        "moved": report.moved,
        "stricter": report.stricter,
        "page": f"/scoring/simulations/{simulation_id}",
    }


def _policy(params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a policy; its module is heavy
    """Return the policy of the form: a version, or a draft."""
    import tempfile
    from pathlib import Path

    from scoring.simulation.order import candidate

    version, draft = params.get("policy"), params.get("draft")
    if (version is None) == (draft is None):
        raise ConfigurationError("give a policy version or a draft, and not both")
    if version is not None:
        return candidate(fields.text("policy", version, LONGEST_VERSION))
    with tempfile.TemporaryDirectory(prefix="draft-") as folder:
        path = Path(folder) / "draft.yaml"
        path.write_text(str(draft), encoding="utf-8")
        return candidate(str(path))
