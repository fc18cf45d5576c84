"""Turn the features and the forecasts of a night's products into ledger rows of stock plans.

No model decides: `planner` is a function of the row, of its forecasts and of the pinned policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from features.platform import lists
from features.platform.arrays import Columns, Floats, lists_of
from features.platform.settings import Settings
from features.views import STOCK as VIEW
from scoring.decider import Decider, Domain
from scoring.decision.policy import policy
from scoring.decision.policy.stock import StockPolicy
from scoring.models.dispersion import Dispersion
from scoring.runs.ledger import Type
from scoring.runs.record import Run
from scoring.stock import explanation, forecasts, inputs, planner
from scoring.stock.channels import Channels
from scoring.stock.draws import SEPARATOR
from scoring.stock.expiry import Batches
from scoring.stock.inbound import Inbound
from scoring.stock.inputs import LISTS, Entries
from scoring.stock.job import DAYS, DECIDED, STATUS
from scoring.stock.night import Night
from scoring.stock.places import Places, whole
from scoring.stock.planner import MOST_A_DAY, Plans


@dataclass(frozen=True, slots=True)
class StockDecider(Decider):
    """The policy that plans the stock of a run's products.

    Attributes:
        policy: the stock part of the pinned policy.
    """

    policy: StockPolicy

    def decide(self, rows: pa.Table) -> pa.Table:
        """Plan n products, as the base says."""
        columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
        plans = planner.of(night_of(columns, self.policy), self.policy)
        count, run = rows.num_rows, self.run
        keys = (name for name in inputs.KEYS if name != "order_days")
        return pa.table(
            {
                **{name: columns[name] for name in (*keys, "revision")},
                "run_id": pa.repeat(str(run.run_id), count),
                **_decided(plans),
                **{
                    name: lists.from_text(columns[name], kind)
                    for name, kind in forecasts.LISTS.items()
                },
                "is_degraded": pa.array(~plans.is_ok),
                "feature_view": pa.repeat(run.feature_view, count),
                "feature_sha256": pc.binary_join_element_wise("\\x", columns["feature_sha256"], ""),
                "model_version": pa.repeat("", count),
                "policy_version": pa.repeat(run.policy_version, count),
            }
        )

    def lines(self, rows: pa.Table) -> list[str]:
        """Return stock, demand, order and transfers of one plan: [1]."""
        [features], [plan] = rows.to_pylist(), self.decide(rows).to_pylist()
        return explanation.lines(features, plan, self.policy)


def night_of(columns: Columns, part: StockPolicy) -> Night:
    """Return the facts of n products.

    Args:
        columns: of `INPUT_TYPES`, [n] each.
        part: the policy, whose buffers places keep back.
    """
    found = {name: Entries.of(columns, name) for name in (*LISTS, *forecasts.LISTS)}
    place, sold, batch = found["locations"], found["channels"], found["batch_units"]
    delivery = found["inbound_units"]
    # rounded down: a part of a day or of a piece is none
    return Night(
        products=pc.binary_join_element_wise(
            columns["merchant_id"], columns["product_id"], SEPARATOR
        ).to_pylist(),
        numbers={name: _floats(columns[name]) for name in VIEW.columns},
        order_days=columns["order_days"].to_pylist(),
        places=Places.of(
            place.row,
            place.names,
            (found["location_on_hand"].numbers, found["location_reserved"].numbers),
            part.channel_buffers,
        ),
        channels=_channels(found),
        sold_row=sold.row,
        sold_in=sold.names,
        inbound=Inbound(delivery.row, whole(delivery.numbers), whole(found["inbound_due"].numbers)),
        batches=Batches(batch.row, whole(batch.numbers), whole(found["batch_expires"].numbers)),
    )


def _channels(found: Mapping[str, Entries]) -> Channels:
    channel = found["forecast_channels"]
    scatter = found["channel_scatter"].numbers.reshape(-1, 2)
    return Channels(
        channel.row,
        channel.names,
        # squares of larger numbers would overflow; the plan refuses them all the same
        np.minimum(found["channel_units"].numbers, 10 * MOST_A_DAY).reshape(-1, DAYS),
        Dispersion(scatter[:, 0], scatter[:, 1]),
    )


def _decided(plans: Plans) -> dict[str, pa.Array]:
    """Return the columns of a plan as the ledger has them."""
    moves, is_ok = plans.moves, plans.is_ok
    columns: dict[str, pa.Array] = {
        STATUS: pa.array(plans.status, pa.string()),
        "expected_units": lists_of(plans.expected, plans.has_demand),
        "stock_class": pa.array(plans.stock_class, pa.string()),
        "is_dead": pa.array(plans.is_dead),
    }
    for name, values in (
        ("transfer_from", pa.array(moves.source, pa.string())),
        ("transfer_to", pa.array(moves.target, pa.string())),
        ("transfer_units", pa.array(moves.pieces)),
    ):
        ends = np.cumsum(np.bincount(moves.row, minlength=len(is_ok)))
        offsets = np.concatenate([[0], ends]).astype(np.int32)
        columns[name] = pa.ListArray.from_arrays(offsets, values, mask=pa.array(~is_ok))
    for name, values in plans.numbers.items():
        column = pa.array(values, from_pandas=True)
        columns[name] = column.cast(pa.int32()) if DECIDED[name] is Type.INTEGER else column
    return columns


def _floats(column: pa.Array) -> Floats:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def source(table: sql.Composable, run: Run) -> sql.Composable:
    """Return the SQL of a run's feature rows with the forecasts of their night."""
    return forecasts.beside(table, run.claimed_at)


def decider_of(run: Run, _model: Any, _settings: Settings) -> StockDecider:  # noqa: ANN401
    """Return the decider of a run.

    Raises:
        ConfigurationError: the policy file differs from the pinned one, or has no stock part.
    """
    pinned = policy.load(run.policy_version, run.policy_sha256)
    return StockDecider(run, pinned.require_stock())


DOMAIN = Domain(inputs.INPUT_TYPES, inputs.input_columns, source, decider_of)
