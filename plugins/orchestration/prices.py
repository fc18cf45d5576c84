"""The functions behind the tasks of the DAG that estimates prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from airflow.sdk import Param

from features.platform.errors import ContractError
from orchestration import fields, training
from orchestration.run_request import MOMENT
from orchestration.run_window import plain
from orchestration.steps import Receipt

SHOWN = 10  # failed merchants that a message names

FORM = {
    "as_of": Param(
        None,
        **MOMENT,
        title="As of (UTC)",
        description="Estimate on the knowledge of this moment. Empty: when the run is due.",
    ),
    "merchant": Param(
        None,
        type=["null", "string"],
        minLength=1,
        maxLength=fields.ID_BYTES,
        title="Only this merchant",
        description="Empty: every merchant with sales.",
    ),
}


def order(context: Mapping[str, Any]) -> tuple[datetime, str | None]:
    """Return the moment and the merchant of this Airflow run.

    Without a moment in the form it is the moment at which the run was due, so a task that is
    repeated estimates on the same knowledge.

    Raises:
        ConfigurationError: a field of the form is no time of the past, or no identifier.
    """
    params, run_after = context["params"], plain(context["dag_run"].run_after)
    merchant = params.get("merchant")
    return (
        training.past_moment("as_of", params.get("as_of"), run_after) or run_after,
        None if merchant is None else fields.identifier("merchant", merchant),
    )


def estimate(context: Mapping[str, Any]) -> Receipt:
    """Estimate the prices of all merchants; skipped where no sales are known.

    Raises:
        ContractError: merchants could not be estimated; all others are written.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from features.platform.settings import get_settings
    from scoring.pricing import estimation

    as_of, merchant = order(context)
    receipt = estimation.estimate(get_settings(), as_of=as_of, merchant=merchant)
    if not receipt.outcomes:
        raise AirflowSkipException(f"no sales are known at {as_of.isoformat()}")
    if failures := receipt.failures:
        raise ContractError(
            f"{len(failures)} of {len(receipt.outcomes)} merchants could not be estimated, and "
            f"their earlier estimates stay: {'; '.join(failures[:SHOWN])}. Next: correct their "
            "history, then clear this task; audit.events keeps each cause"
        )
    return receipt.as_dict()
