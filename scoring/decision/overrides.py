"""Names the exceptions that changed the outcome of a row, as a reason of the decision. Pure.

An allow-list entry is named if the outcome is lower than without it. A suppression is named if the
hit that it took away would have made the outcome stricter. An entry of a policy file is not named:
the version of the policy says all about it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.platform.arrays import Flags, Levels
from scoring.decision.hits import Hits, Listed
from scoring.decision.outcome import Origin
from scoring.decision.policy.exceptions import AllowListException, Named

CODE = "exception"


def reasons_of(outcome: Levels, stricter: Levels, allowed: Listed, hits: Hits) -> pa.Array:
    """Return the reason of origin `override` of n rows as JSON text.

    Args:
        outcome: [n], as decided.
        stricter: [n], the outcome without the allow-list.
        allowed: the rows on the allow-list.
        hits: the hits of rules, and those that suppressions took away.

    Returns:
        [n], an object with code, origin, feature, text, exceptions and weight; null where no
        exception changed the outcome.
    """
    named: list[tuple[Flags, Listed]] = []
    without = stricter
    for silenced in hits.silenced:
        is_silenced = _any(silenced.by, len(outcome))
        without = np.where(is_silenced, np.maximum(without, silenced.outcome), without)
        named.append(((silenced.outcome > outcome) & ~allowed.mask, silenced.by))
    named.insert(0, (outcome < without, allowed))
    parts = [
        _texts(pc.if_else(pa.array(is_applied), places, None), by.exceptions)
        for is_applied, by in named
        for places in by.named
    ]
    if not parts:
        return pa.nulls(len(outcome), pa.string())
    ids = _joined([ids for ids, _ in parts], ", ")
    texts = _joined([texts for _, texts in parts], "; ")
    head = json.dumps({"code": CODE, "origin": Origin.OVERRIDE.value, "feature": None})[:-1]
    reason = pc.binary_join_element_wise(
        f'{head}, "exceptions": [', ids, '], "text": "', texts, '", "weight": null}', ""
    )
    return pc.if_else(pc.is_valid(ids), reason, pa.scalar(None, pa.string()))


def with_overrides(reasons: pa.Array, overrides: pa.Array) -> pa.Array:
    """Return the reasons of n rows with the one of the exceptions behind them.

    Args:
        reasons: [n], JSON lists; at most three reasons where there is an override.
        overrides: [n], as of `reasons_of`.
    """
    opened = pc.if_else(
        pc.equal(reasons, "[]"),
        "[",
        pc.binary_join_element_wise(pc.utf8_slice_codeunits(reasons, 0, -1), ", ", ""),
    )
    longer = pc.binary_join_element_wise(opened, overrides, "]", "")
    return pc.coalesce(longer, reasons)


def _texts(places: pa.Array, exceptions: Sequence[Named]) -> tuple[pa.Array, pa.Array]:
    """Return ids and texts of exceptions, as parts of JSON: [n] each, null where none applies."""
    ids = pa.array([json.dumps(entry.exception_id) for entry in exceptions], pa.string())
    texts = pa.array([json.dumps(_text(entry))[1:-1] for entry in exceptions], pa.string())
    return ids.take(places), texts.take(places)


def _text(entry: Named) -> str:
    key = "customer" if entry.customer_id else "merchant"
    subject = f"{key} {entry.customer_id or entry.merchant_id}"
    until = f"until {entry.until:%Y-%m-%d %H:%M:%S} UTC: {entry.reason}"
    if isinstance(entry, AllowListException):
        return f"Allow-list for {subject} {until}"
    return f"Rule {entry.rule_id} is silent for {subject} {until}"


def _joined(parts: Sequence[pa.Array], separator: str) -> pa.Array:
    """Join the texts of each row, without those that are null; null if all are."""
    joined = parts[0]
    for part in parts[1:]:
        joined = pc.coalesce(pc.binary_join_element_wise(joined, part, separator), joined, part)
    return joined


def _any(by: Listed, rows: int) -> Flags:
    mask = np.zeros(rows, dtype=bool)
    for places in by.named:
        mask |= places.is_valid().to_numpy(zero_copy_only=False)
    return mask
