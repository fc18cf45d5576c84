"""The table of a gate is safe to show: names from delivered data carry no markup."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from scoring.promotion.gate_records import Gate
from scoring.promotion.gate_report import as_markdown

NOW = datetime(2026, 3, 8, tzinfo=UTC)


def a_gate(**test: object) -> Gate:
    """Return the record of a gate with one test."""
    usual = {
        "name": "auc",
        "role": "primary",
        "estimate": 0.02,
        "lower": 0.01,
        "upper": 0.03,
        "margin": 0.01,
        "verdict": "better",
        "detectable": None,
        "note": "",
    }
    return Gate(
        gate_id=UUID(int=1),
        job="score_transactions",
        model="fraud_transactions",
        champion_version="1",
        champion_sha256="0" * 64,
        challenger_version="2",
        challenger_sha256="1" * 64,
        plan_sha256="2" * 64,
        feature_view="transactions@2",
        used_until=None,
        window_start=datetime(2026, 2, 1, tzinfo=UTC),
        window_end=datetime(2026, 3, 1, tzinfo=UTC),
        label_as_of=NOW,
        weeks=4,
        rows=12_345,
        events=200,
        customers=900,
        effective_rows=12_345.0,
        verdict="better",
        tests={
            "alpha": 0.04,
            "expected_false_better_a_year": 0.48,
            "tests": [usual | test],
        },
        verdict_sha256="3" * 64,
        requested_by="ann",
    )


def test_the_page_of_a_gate_states_verdict_sample_and_level() -> None:
    page = as_markdown(a_gate())

    assert page.startswith("**better**: fraud_transactions version 2 against version 1")
    assert "4 fresh weeks, 2026-02-01 to 2026-03-01: 12,345 matured rows, 200 events" in page
    assert "One-sided level of every test: 0.04; false `better` a year by this plan" in page
    assert "| auc | primary | 0.0200 | 0.0100 | 0.0300 | 0.0100 |  | better |  |" in page


def test_a_hostile_name_of_a_segment_stays_one_cell_of_text() -> None:
    row = as_markdown(a_gate(name="channel=a|b\n<script>[x](http://evil)")).splitlines()[-1]

    assert "<script>" not in row
    assert "a\\|b" in row
    assert "\\[x\\]" in row
