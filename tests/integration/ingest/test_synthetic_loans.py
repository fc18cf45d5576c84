"""The raw tables admit every application and every outcome of the generator."""

from __future__ import annotations

from features.synthesize import synthesize
from tests.integration.ingest.conftest import Intake
from tests.unit.features.synthesize.worlds import a_plan


def test_every_synthetic_application_and_outcome_is_admitted(intake: Intake) -> None:
    plan = a_plan(customers=60, credit_history=400, applications_per_day=40)
    counts = synthesize(plan, intake.store)

    intake.take()

    [(applications, customers, live)] = intake.rows(
        "select count(*), count(distinct customer_id), count(*) filter (where not is_history)"
        " from raw.applications"
    )
    [(outcomes, orphans)] = intake.rows(
        "select count(*), count(*) filter (where applications.application_id is null)"
        " from raw.application_labels left join raw.applications using (application_id)"
    )
    assert (applications, outcomes, orphans) == (counts.applications, counts.outcomes, 0)
    assert counts.outcomes > 100
    assert customers > 50
    assert 0 < live < applications
    assert intake.rows("select count(*) from raw.rejected_rows") == [(0,)]
    assert intake.rows("select count(*) from protected.applicant_attributes") == [(applications,)]
