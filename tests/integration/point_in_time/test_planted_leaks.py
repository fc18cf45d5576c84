"""Test the tests: each leak, planted into a copy of the dbt project, breaks a law.

A law that also holds for leaking models would prove no property of the real models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.point_in_time import laws
from tests.integration.point_in_time.conftest import Plant
from tests.integration.point_in_time.raw_histories import a_raw_history

READINGS = "models/intermediate/int_readings_recalled.sql"
MERCHANT_DAYS = "models/intermediate/int_merchant_days_summed.sql"


@dataclass(frozen=True)
class Leak:
    """A change of one dbt file, the law that it breaks, and a column that gives it away."""

    file: str
    text: str
    leaking: str
    law: Any
    column: str


LEAKS = {
    "a reading sees what became known later": Leak(
        READINGS,
        "                and versions.known_at <= readings.as_of\n",
        "",
        laws.moved_by_later_knowledge,
        "customer_transaction_count_24h",
    ),
    "every row reads what is newest today": Leak(
        READINGS,
        "or settled_versions.settled_at > settled_versions.known_at",
        "or settled_versions.superseded_at is not null",
        laws.moved_by_an_early_end,
        "customer_transaction_count_24h",
    ),
    "a window reaches a microsecond ahead": Leak(
        "macros/windows.sql",
        "            range between interval '{{ hour }} hours' preceding\n"
        "            and interval '1 microsecond' preceding",
        "            range between interval '{{ hour }} hours' preceding\n"
        "            and interval '1 microsecond' following",
        laws.moved_by_later_rows,
        "customer_amount_sum_3h",
    ),
    "a window holds the row and its peers": Leak(
        "macros/windows.sql",
        "            range between interval '{{ hour }} hours' preceding\n"
        "            and interval '1 microsecond' preceding",
        "            range between interval '{{ hour }} hours' preceding\n"
        "            and current row",
        laws.moved_by_peers,
        "customer_amount_sum_3h",
    ),
    "a day reads entries that were booked later": Leak(
        MERCHANT_DAYS,
        "            and entries.known_at <= questions.as_of\n",
        "",
        laws.moved_by_later_knowledge,
        "merchant_transaction_count_7d",
    ),
    "a window of days reaches one day too far": Leak(
        "macros/days.sql",
        "        and entries.day_number < questions.day_number - {{ last }}\n",
        "        and entries.day_number <= questions.day_number - {{ last }}\n",
        laws.moved_by_labels_before_maturity,
        "merchant_fraud_count_3d",
    ),
    "frauds count without waiting for their maturity": Leak(
        "macros/days.sql",
        "coalesce({{ over_days(measure, maturity_days() | int + days, maturity_days()) }}, 0)",
        "coalesce({{ over_days(measure, days, 0) }}, 0)",
        laws.moved_by_labels_before_maturity,
        "merchant_fraud_rate_7d",
    ),
    "a fraud counts before anybody has reported it": Leak(
        "macros/frauds.sql",
        "            lines.known_at,\n            {{ day_start(",
        "            lines.occurred_at,\n            {{ day_start(",
        laws.moved_by_later_knowledge,
        "merchant_fraud_rate_30d",
    ),
    "a fact counts before it is known": Leak(
        "macros/references.sql",
        "        and facts.known_at <= {{ row }}.known_at\n",
        "",
        laws.moved_by_later_facts,
        "customer_category_frequency_30d",
    ),
    "a fact counts before it holds": Leak(
        "macros/references.sql",
        "        and coalesce(facts.valid_from, '-infinity') <= {{ row }}.occurred_at\n",
        "",
        laws.moved_by_later_facts,
        "is_foreign",
    ),
    "a place counts before it is known": Leak(
        "macros/places.sql",
        "    and {{ row }}.known_at >= {{ places }}.known_from\n"
        "    and {{ row }}.known_at < {{ places }}.known_until\n",
        "    and {{ places }}.known_until = 'infinity'\n",
        laws.moved_by_later_facts,
        "customer_merchant_km",
    ),
    "features depend on what stood in the same build": Leak(
        "models/intermediate/int_customer_spikes_counted.sql",
        "        where features.customer_amount_ratio_30d > {{ spike_ratio() }}\n",
        "        where false\n",
        laws.moved_by_schedule_and_order,
        "customer_spike_share_14d",
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_breaks_its_law(features: Any, name: str, plant: Plant) -> None:
    leak = LEAKS[name]

    plant(leak.file, leak.text, leak.leaking)

    assert leak.column in leak.law(features, a_raw_history(7))
