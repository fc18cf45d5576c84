"""Define the expectation on the change of forecasts since the night before.

Two nights in a row forecast 27 common days. Sales of one day move these forecasts a little. A night
that moves most products much has a broken delivery, a broken model or a new one. A product with a
promotion that the night before did not know moves for a good reason and does not count. The check
reads the published forecasts of the night before; without them it holds.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import ColumnAggregateExpectation
from great_expectations.expectations.metrics.column_aggregate_metric_provider import (
    ColumnAggregateMetricProvider,
)
from great_expectations.expectations.metrics.metric_provider import metric_value

_METRIC = "column.share_of_products_moved"
#: Day n of a night is day n + 1 of the night before. Series of one night alone do not count.
_SHARE = """
with products as (
    select
        sum(before.{units} - before.mean_units[1]) as units_before,
        sum(run.{units} - run.mean_units[28]) as units_now
    from ({run}) as run
    inner join decisions.demand_forecasts as before
        on
            run.merchant_id = before.merchant_id
            and run.product_id = before.product_id
            and run.channel = before.channel
            and run.day_at - interval '24 hours' = before.day_at
    left join marts.feat_demand as known
        on run.demand_night_id = known.demand_night_id and run.version = known.version
    left join marts.feat_demand as known_before
        on
            before.demand_night_id = known_before.demand_night_id
            and before.version = known_before.version
    where
        not run.is_degraded
        and not before.is_degraded
        and not exists (
            select
            from decisions.demand_forecasts as newer
            where
                newer.demand_night_id = before.demand_night_id
                and newer.revision > before.revision
                and newer.revision > 0
        )
    group by run.merchant_id, run.product_id
    having not bool_or(
        num_nonnulls(known.promotion_1_first, known.promotion_2_first)
        > num_nonnulls(known_before.promotion_1_first, known_before.promotion_2_first)
    )
)
select coalesce(avg(decisions.has_moved(units_before, units_now)::int), 0)::double precision
from products
"""


class _ShareOfProductsMoved(ColumnAggregateMetricProvider):  # type: ignore[misc]
    """The share of the products whose expected units have moved since the night before."""

    metric_name = _METRIC

    @metric_value(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(
        cls,  # noqa: N805 - the library makes it a class method
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        **_: object,
    ) -> float:
        table, _compute, accessors = execution_engine.get_compute_domain(
            metric_domain_kwargs, MetricDomainTypes.COLUMN
        )
        dialect = execution_engine.engine.dialect
        rows = sa.select(sa.text("*")).select_from(table).compile(dialect=dialect)
        units = dialect.identifier_preparer.quote(accessors["column"])
        statement = sa.text(_SHARE.format(run=rows, units=units))
        return float(execution_engine.execute_query(statement).scalar_one())


class ExpectFewProductsMoved(ColumnAggregateExpectation):  # type: ignore[misc]
    """At most `max_value` of the products have moved since the night before."""

    max_value: float
    min_value: float = 0

    metric_dependencies: ClassVar[tuple[str, ...]] = (_METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = ("min_value", "max_value")

    def words(self) -> str:
        """Return the expectation in words."""
        return (
            f"{self.column} of the same days has moved much since the night before in at most "
            f"{self.max_value:.0%} of the products"
        )

    def _validate(self, metrics: Any, runtime_configuration: Any, execution_engine: Any) -> Any:  # noqa: ANN401 - of the library
        return self._validate_metric_value_between(
            metric_name=_METRIC,
            metrics=metrics,
            runtime_configuration=runtime_configuration,
            execution_engine=execution_engine,
        )
