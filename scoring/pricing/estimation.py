"""Estimate the prices of all merchants, merchant by merchant; one that fails stops no other.

An estimation reads the history known at a moment, and writes the estimates of each merchant in one
transaction. The same moment and data write nothing twice, so a run that was killed goes on with the
merchants that are left.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import psycopg
import structlog

from features.platform import code_version, database, progress
from features.platform.errors import ConfigurationError, ContractError, StatementError
from features.platform.settings import Settings
from scoring.pricing import estimates, groups, history_reader, ledger
from scoring.pricing.estimates import Estimates
from scoring.pricing.history_reader import Merchant
from scoring.pricing.ledger import Pins

log = structlog.get_logger(__name__)

#: Errors that the history of one merchant may cause; an error of the server ends the estimation.
_OF_A_MERCHANT = (ContractError, StatementError, ValueError, ArithmeticError)


class State(StrEnum):
    """The end of the estimation of a merchant."""

    ESTIMATED = "estimated"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The estimation of one merchant.

    Args:
        merchant_id: the merchant.
        state: its end.
        categories: number of categories.
        elasticities: categories that can tell their elasticity; None if nothing was estimated.
        uplifts: categories that can tell the gross uplift of promotions.
        seconds: time that the merchant took.
        cause: of a failure.
    """

    merchant_id: str
    state: State
    categories: int
    elasticities: int | None = None
    uplifts: int | None = None
    seconds: float = 0.0
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The estimation of all merchants.

    Args:
        as_of: later knowledge was ignored.
        outcomes: one per merchant with sales.
    """

    as_of: datetime
    outcomes: Sequence[Outcome]

    def count(self, state: State) -> int:
        """Return the number of merchants with an end."""
        return sum(outcome.state is state for outcome in self.outcomes)

    @property
    def failures(self) -> list[str]:
        """The merchants that failed, each with its cause."""
        return [
            f"{outcome.merchant_id!r}: {outcome.cause}"
            for outcome in self.outcomes
            if outcome.state is State.FAILED
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain values."""
        return {
            "as_of": self.as_of.isoformat(),
            **{state.value: self.count(state) for state in State},
            "merchants": [asdict(outcome) for outcome in self.outcomes],
        }


def estimate(
    settings: Settings, *, as_of: datetime | None = None, merchant: str | None = None
) -> Receipt:
    """Estimate elasticity and uplift of every category of every merchant with sales.

    Args:
        settings: access to the warehouse.
        as_of: the knowledge; by default of now.
        merchant: only this one; by default all.

    Raises:
        ConfigurationError: the moment lies in the future, or the merchant has no known sales.
        CodeChangedError: the code has changed under this process.
        WarehouseUnavailableError: the server went away.
    """
    now = datetime.now(UTC)
    as_of = as_of or now
    if as_of > now:
        raise ConfigurationError("as_of lies in the future: name a time that has passed")
    version = code_version.pinned(settings.code_version)
    with database.connect(settings.warehouse, "score") as connection:
        merchants = history_reader.gather(connection, as_of, merchant)
        if merchant is not None and not merchants:
            raise ConfigurationError(
                f"merchant {merchant!r} has no sales known at {as_of.isoformat()}: check the id, "
                "or build the features of forecast_demand"
            )
        log.info("prices_planned", as_of=as_of.isoformat(), merchants=len(merchants))
        outcomes = []
        for each in merchants:
            outcomes.append(_outcome(connection, each, as_of, version))
            progress.advance("merchants", 1, len(merchants))
    return Receipt(as_of, outcomes)


def _outcome(
    connection: psycopg.Connection[Any], merchant: Merchant, as_of: datetime, version: str
) -> Outcome:
    """Estimate one merchant; an error of its history becomes the outcome."""
    began, count = time.monotonic(), len(merchant.categories)
    try:
        found = _estimates(connection, merchant, as_of, version)
    except _OF_A_MERCHANT as error:
        cause = f"{type(error).__name__}: {error}"
        detail = {"as_of": as_of.isoformat(), "cause": cause}
        ledger.record(connection, ledger.FAILED, merchant.merchant_id, detail)
        outcome = Outcome(merchant.merchant_id, State.FAILED, count, cause=cause)
        log.error(ledger.FAILED, merchant=merchant.merchant_id, **detail)
        return outcome
    if found is None:
        return Outcome(merchant.merchant_id, State.UNCHANGED, count)
    outcome = Outcome(
        merchant.merchant_id,
        State.ESTIMATED,
        count,
        sum(elasticity.can_tell for elasticity in found.elasticity),
        sum(uplift.gross.is_known for uplift in found.uplift),
        round(time.monotonic() - began, 1),
    )
    log.info(ledger.ESTIMATED, **asdict(outcome))
    return outcome


def _estimates(
    connection: psycopg.Connection[Any], merchant: Merchant, as_of: datetime, version: str
) -> Estimates | None:
    """Estimate a merchant and write; return None where the ledger has the same data already.

    The first pass over the groups only makes the digest, so that only one group is in memory.
    """
    packed = groups.pack(merchant.categories, groups.MOST_SERIES)
    digest = hashlib.sha256()
    for group in packed:
        digest.update(history_reader.read(connection, merchant, group)[1])
    pins = Pins(as_of, digest.digest(), version)
    if ledger.holds(connection, merchant, pins):
        return None
    measured = [
        estimates.measure(history_reader.read(connection, merchant, group)[0], len(group))
        for group in packed
    ]
    found = estimates.combine(measured)
    return found if ledger.write(connection, merchant, found, pins) else None
