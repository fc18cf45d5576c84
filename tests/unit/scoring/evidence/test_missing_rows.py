"""Closure never treats a missing row as zeros, because zeros close an equation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from psycopg.pq import TransactionStatus

from features.platform.errors import ContractError
from scoring.domains import SCORE_TRANSACTIONS
from scoring.evidence import closure, seal_chain

RUN = UUID(int=1)


class Rows(list[Any]):
    """Hold the result of a statement: rows to iterate over, and to fetch."""

    def fetchone(self) -> Any:
        return self[0] if self else None

    def fetchall(self) -> list[Any]:
        return self


class EmptySession:
    """Return no row for any statement; only the count of the seals has one."""

    info = SimpleNamespace(transaction_status=TransactionStatus.IDLE)

    def __init__(self, seals: tuple[int, int] | None = None) -> None:
        self.seals = seals

    def transaction(self) -> nullcontext[None]:
        return nullcontext()

    def execute(self, statement: object, values: object = None) -> Rows:
        return Rows([self.seals] if self.seals and statement is seal_chain._COUNTS else [])


@pytest.mark.parametrize(
    ("equations", "statement"),
    [
        (
            lambda: closure.equations(EmptySession((0, 0)), SCORE_TRANSACTIONS),
            "count the versions in raw.transaction_versions",
        ),
        (
            lambda: closure.of_run(
                EmptySession(), SCORE_TRANSACTIONS, RUN, claimed=0, rows_in_file=0
            ),
            f"count the rows of run {RUN} in decisions.transaction_decisions",
        ),
        (lambda: seal_chain.equations(EmptySession()), "count seals and their subjects"),
    ],
    ids=["versions", "run", "seals"],
)
def test_an_equation_whose_count_has_no_row_is_an_error(
    equations: Callable[[], object], statement: str
) -> None:
    with pytest.raises(ContractError, match=f"{statement}: the statement has no row"):
        equations()
