"""Name why a category can tell an effect, or why it cannot. Pure."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The status of an estimate; the ledger and the views have its value."""

    OK = "ok"
    #: No series of the category has enough observed days with enough sales.
    LITTLE_HISTORY = "little_history"
    #: Too few products moved their regular price.
    FEW_PRICE_MOVES = "few_price_moves"
    #: Too few products had a promotion.
    FEW_PROMOTIONS = "few_promotions"
    #: Too few products were sold beside a promotion of another one.
    FEW_OTHERS = "few_others"
    #: The data of the category leave an error that is too large for any use.
    UNCERTAIN = "uncertain"
    #: The fit did not come to rest.
    UNSETTLED = "unsettled"
