"""A night's products become ledger rows: a plan, or what is known and why there is no plan."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from scoring.decision.policy import policy
from scoring.stock import forecasts
from scoring.stock.classes import FILL_RATES
from scoring.stock.decider import StockDecider, decider_of
from scoring.stock.job import ANSWERS, DECIDED, JOB, PIECES
from tests.stock import DAYS, FakeRun, a_product, a_table

#: The part of a plan that only a planned product has.
OF_A_PLAN = (
    *ANSWERS,
    *("days_of_cover", "period_demand", "order_in_days", "order_need", "order_overshoot"),
    *("saved_units", "expiring_units", "transfer_from", "transfer_to", "transfer_units"),
)
TWO_CHANNELS = {
    "locations": ["shop", "web"],
    "location_on_hand": [90.0, 0.0],
    "location_reserved": [0.0, 0.0],
    "on_hand": 90.0,
    "counted_places": 2.0,
    "channels": ["shop", "web"],
    "forecast_ids": ["demand/m/p/shop/2026-11-01/0", "demand/m/p/web/2026-11-01/0"],
    "forecast_channels": ["shop", "web"],
    "channel_units": [1.0] * DAYS + [2.0] * DAYS,
    "channel_scatter": [0.4, 0.1, 0.4, 0.1],
}


def the_decider(**changed: Any) -> StockDecider:
    """Return the decider of the newest policy, with a changed stock part."""
    decider = decider_of(FakeRun(), None, Settings(test=True))  # type: ignore[arg-type]
    part = decider.policy.model_copy(update=changed)
    return StockDecider(decider.run, part)


def planned(*products: dict[str, Any], **changed: Any) -> list[dict[str, Any]]:
    """Return the plans of products."""
    rows: list[dict[str, Any]] = the_decider(**changed).decide(a_table(products)).to_pylist()
    return rows


def test_a_row_has_the_columns_of_the_ledger_and_a_plan_has_them_all() -> None:
    [row] = planned(a_product())

    assert set(row) == set(JOB.columns) - {"decided_at", "processing_time_ms"}
    assert [name for name in DECIDED if row[name] is None] == []
    assert row["stock_status"] == "ok"
    assert row["expected_units"] == [2.0] * DAYS
    assert row["model_version"] == ""


def test_the_order_is_whole_packs_on_the_next_order_day() -> None:
    [row] = planned(a_product(location_on_hand=[4.0], on_hand=4.0))

    assert row["order_in_days"] == 0  # the night of a Sunday, and orders leave on Mondays
    assert row["order_units"] > 0
    assert row["order_units"] % 6 == 0
    assert row["order_units"] == row["order_need"] + row["order_overshoot"]
    assert 0 <= row["unpreventable_probability"] <= row["run_out_probability"] <= 1


def test_a_product_with_stock_for_months_needs_no_order() -> None:
    [row] = planned(a_product(location_on_hand=[400.0], on_hand=400.0))

    assert (row["order_units"], row["expected_lost"]) == (0.0, 0.0)
    assert row["days_of_cover"] == pytest.approx(200.0)


def test_deliveries_under_way_replace_an_order() -> None:
    few = {"location_on_hand": [4.0], "on_hand": 4.0}

    without, with_it = planned(
        a_product(**few), a_product(**few, inbound_units=[60.0], inbound_due=[1.0])
    )

    assert with_it["inbound"] == 60.0
    assert with_it["order_units"] < without["order_units"]
    assert with_it["run_out_probability"] < without["run_out_probability"]


def test_a_product_without_a_count_has_no_plan_and_keeps_what_is_known() -> None:
    [row] = planned(
        a_product(
            locations=[],
            location_on_hand=[],
            location_reserved=[],
            on_hand=None,
            reserved=None,
            inbound_units=[6.0],
            inbound_due=[2.0],
        )
    )

    assert (row["stock_status"], row["is_degraded"]) == ("no_count", True)
    assert {row[name] for name in (*OF_A_PLAN, "on_hand", "available", "excess_units")} == {None}
    assert (row["inbound"], row["stock_class"]) == (6.0, "AX")
    assert row["expected_units"] == [2.0] * DAYS
    assert row["is_dead"] is False


@pytest.mark.parametrize("forecast", [[], ["web"]])
def test_a_channel_without_a_forecast_leaves_the_product_without_a_plan(
    forecast: list[str],
) -> None:
    units = {
        "forecast_channels": forecast,
        "forecast_ids": ["demand/x/0"] * len(forecast),
        "channel_units": [2.0] * DAYS * len(forecast),
        "channel_scatter": [0.4, 0.1] * len(forecast),
    }

    [row] = planned(a_product(**units, channels=["shop", "web"]))

    assert (row["stock_status"], row["is_degraded"]) == ("no_forecast", True)
    assert {row[name] for name in (*OF_A_PLAN, "expected_units", "excess_units")} == {None}
    assert [row[name] for name in PIECES] == [40.0, 0.0, 0.0, 40.0, 0.0]
    assert row["forecast_channels"] == forecast


def test_stock_of_a_product_that_sells_nowhere_is_dead_and_needs_no_forecast() -> None:
    nothing: dict[str, list[Any]] = {name: [] for name in ("channels", *forecasts.LISTS)}

    [row] = planned(a_product(**nothing, days_since_sale=None))

    assert row["stock_status"] == "ok"
    assert row["expected_units"] == [0.0] * DAYS
    assert row["days_of_cover"] is None
    assert (row["is_dead"], row["excess_units"], row["order_units"]) == (True, 40.0, 0.0)


def test_numbers_beyond_all_stock_are_no_plan() -> None:
    huge = planned(
        a_product(location_on_hand=[1e12], on_hand=1e12),
        a_product(channel_units=[1e300] * DAYS),
    )

    assert [row["stock_status"] for row in huge] == ["invalid_score"] * 2
    assert huge[1]["expected_units"] is None


def test_a_sale_without_a_channel_is_a_channel_of_its_own() -> None:
    [row] = planned(a_product(channels=[""], forecast_channels=[""]))

    assert (row["stock_status"], row["forecast_channels"]) == ("ok", [""])


def test_the_policy_sets_the_service_of_a_class() -> None:
    few = {"location_on_hand": [14.0], "on_hand": 14.0}
    usual, higher = (
        planned(a_product(**few), fill_rates={**FILL_RATES, "AX": level})[0]
        for level in (0.8, 0.999)
    )

    assert (usual["service_level"], higher["service_level"]) == (0.8, 0.999)
    assert usual["order_need"] < higher["order_need"]


def test_the_class_follows_value_and_steadiness() -> None:
    rows = planned(
        a_product(value_share_above=0.0, weekly_variation=0.5),
        a_product(value_share_above=0.8, weekly_variation=0.6),
        a_product(value_share_above=0.95, weekly_variation=None),
        a_product(value_share_above=0.0, value_364=None),
    )

    assert [row["stock_class"] for row in rows] == ["AX", "BY", "CZ", "CX"]
    assert [row["service_level"] for row in rows] == [
        FILL_RATES[name] for name in ("AX", "BY", "CZ", "CX")
    ]


def test_the_policy_keeps_pieces_back_at_a_place() -> None:
    [row] = planned(a_product(**TWO_CHANNELS), channel_buffers={"shop": 10, "web": 5})

    assert (row["on_hand"], row["buffered"], row["available"]) == (90.0, 10.0, 80.0)


def test_a_channel_with_a_surplus_gives_to_a_channel_that_runs_short() -> None:
    [row] = planned(a_product(**TWO_CHANNELS))

    assert (row["transfer_from"], row["transfer_to"]) == (["shop"], ["web"])
    assert row["transfer_units"][0] >= 2 * 5
    [none] = planned(a_product(**TWO_CHANNELS), transfers=_least(1000))
    assert none["transfer_units"] == []


def test_a_place_that_serves_all_channels_needs_no_transfer() -> None:
    shared = TWO_CHANNELS | {"locations": ["shop", "warehouse"], "location_on_hand": [0.0, 90.0]}

    [row] = planned(a_product(**shared))

    assert row["transfer_units"] == []


def test_pieces_expire_that_are_not_sold_before_their_date() -> None:
    batches = {"batch_units": [30.0, 10.0], "batch_expires": [5.0, 300.0]}

    fresh, older = planned(
        a_product(**batches), a_product(**batches, location_on_hand=[20.0], on_hand=20.0)
    )

    # some 10 pieces sell in 5 days; of the 20 that have left since the count, all are of batch 1
    assert fresh["expiring_units"] == pytest.approx(20.0, abs=2.0)
    assert older["expiring_units"] == pytest.approx(2.0, abs=1.0)


def test_the_bits_of_a_row_do_not_depend_on_the_rows_beside_it() -> None:
    table = a_table(
        [
            a_product("a"),
            a_product("b", **TWO_CHANNELS),
            a_product("c", locations=[], location_on_hand=[], location_reserved=[]),
            a_product("d", batch_units=[30.0], batch_expires=[9.0], night_day=20_759.0),
            a_product("e", inbound_units=[5.5, 7.0], inbound_due=[-2.0, 3.0]),
            a_product("f", order_days=None, lead_time_days=None, pack_units=None),
            *(a_product(f"g{number}", location_on_hand=[float(number)]) for number in range(140)),
        ]
    )
    decider = the_decider()
    together = decider.decide(table)

    alone = pa.concat_tables(decider.decide(table.slice(row, 1)) for row in range(8))
    reordered = decider.decide(table.take(pa.array(range(table.num_rows - 1, -1, -1))))

    assert together.slice(0, 8).combine_chunks().equals(alone.combine_chunks())
    backwards = reordered.take(pa.array(range(table.num_rows - 1, -1, -1)))
    assert backwards.to_pylist() == together.to_pylist()


def test_a_plan_is_decided_again_to_the_same_bits() -> None:
    table = a_table([a_product("a"), a_product("b", **TWO_CHANNELS)])
    decider = the_decider()
    recorded = pa.table({"stock_status": ["ok", "ok"]})

    assert decider.decide_again(table, recorded).equals(decider.decide(table))


def test_a_policy_without_a_stock_part_plans_nothing() -> None:
    with pytest.raises(ConfigurationError, match="plans no stock: it has no part `stock`"):
        decider_of(
            FakeRun(policy_version="2026.12.1"),  # type: ignore[arg-type]
            None,
            Settings(test=True),
        )
    assert JOB.check_policy is not None
    with pytest.raises(ConfigurationError, match="plans no stock"):
        JOB.check_policy(policy.load("2026.12.1"))


def test_a_person_reads_stock_demand_order_and_transfers() -> None:
    table = a_table([a_product(**TWO_CHANNELS | {"location_on_hand": [40.0, 0.0]})])

    lines = the_decider().lines(table)

    text = "\n".join(lines)
    assert "stock: 90 pieces" not in text
    assert lines[0].startswith("stock: 40 pieces at 2 places, 0 promised")
    assert "demand/m/p/web/2026-11-01/0" in text
    assert "class AX: the policy wants 98 % of the demanded pieces sold" in text
    assert any(line.startswith("order: ") for line in lines)
    assert any(line.startswith("transfer: ") and line.endswith("to web") for line in lines)


def test_the_summary_names_pieces_risk_and_order() -> None:
    assert JOB.summary is not None
    [row] = planned(a_product(location_on_hand=[4.0], on_hand=4.0))

    text = JOB.summary(row)

    assert text.startswith("4 pieces available, 0 under way; runs out with ")
    assert f"order {row['order_units']:.0f} pieces on day 1" in text


def _least(pieces: int) -> Any:
    return the_decider().policy.transfers.model_copy(update={"least": pieces})
