"""Holds the report of a simulation, and its digest. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scoring.simulation.bounds import Bounds
from scoring.simulation.flows import Cell
from scoring.simulation.matched import Matched
from scoring.simulation.rates import Rate

if TYPE_CHECKING:
    from scoring.decision.observation import Impact

FEEDBACK = (
    "Re-deciding stored rows ignores feedback: under another policy customers would have behaved "
    "otherwise, and later features, such as counts of transactions, would have had other values."
)


@dataclass(frozen=True, slots=True)
class ReviewLoad:
    """The reviews per day of one policy.

    Attributes:
        mean: over the days with decisions.
        p95: 95th percentile of these days.
        most: of the busiest day.
        hours_p95: of work on a day of the 95th percentile; None if the policy states no team.
    """

    mean: float
    p95: float
    most: int
    hours_p95: float | None


@dataclass(frozen=True, slots=True)
class Reviews:
    """The review load before and after, and the capacity of the team.

    Attributes:
        before: of the ledger.
        after: of the simulation.
        capacity: reviews per day; None if the policy states no team.
        days_over: days on which the candidate asks for more reviews than that.
        days: days with decisions.
    """

    before: ReviewLoad
    after: ReviewLoad
    capacity: int | None
    days_over: int | None
    days: int


@dataclass(frozen=True, slots=True)
class RuleHits:
    """What one rule of the candidate hits.

    Attributes:
        rule_id: the rule.
        hits: rows.
        observed: of these, rows with a known outcome.
        precision: share of bad rows among these; None without any.
        recall: share of all observed bad rows that it hits; None without any.
        alone: rows that no other rule hits.
    """

    rule_id: str
    hits: int
    observed: int
    precision: float | None
    recall: float | None
    alone: int


@dataclass(frozen=True, slots=True)
class Corner:
    """One of the four pairs of policy and model.

    Attributes:
        policy: "stored" or "candidate".
        model: "stored" or "candidate".
        approve, review, decline: rows by outcome.
        moved: rows whose outcome differs from the ledger.
    """

    policy: str
    model: str
    approve: int
    review: int
    decline: int
    moved: int


@dataclass(frozen=True, slots=True)
class GroupFlow:
    """The approvals of one group before and after.

    Attributes:
        before: with the outcomes of the ledger.
        after: with those of the simulation.
    """

    before: Impact
    after: Impact


@dataclass(frozen=True, slots=True)
class ReasonChange:
    """One reason code on the moved rows.

    Attributes:
        code: the code.
        appears: rows that have it after and not before.
        disappears: rows that have it before and not after.
    """

    code: str
    appears: int
    disappears: int


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons of the moved rows before and after.

    Attributes:
        explained: rows whose reasons were computed.
        moved: rows whose outcome or limit moves.
        without_model: rows whose model file is gone, so no reason can be computed.
        differing: explained rows of which anything differs from the ledger: scores, outcome,
            limit, hits of rules or reasons.
        changes: by code, the most frequent first.
    """

    explained: int
    moved: int
    without_model: int
    differing: int
    changes: tuple[ReasonChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report of one simulation on the decisions of one job.

    Attributes:
        job: the job.
        event: the word for a bad outcome.
        policy_version: of the candidate.
        policy_sha256: of its file.
        model_version: that scored the rows anew; "" for the scores of the ledger.
        start, end: the window, half-open.
        decisions: newest decisions of the window in the ledger.
        rows: of these, decided again; the others have lost their feature row.
        own_policies: version and decisions of each policy that decided in the window.
        own_differing: rows that their own policy now decides otherwise than the ledger says.
        cells: the flow.
        matched: the readings at equal approval and at equal bad rate; None without matured rows.
        approved_before, approved_after: bad rate of the approved rows, with bounds.
        swapped_in: bad rate of the rows that only the candidate approves, with bounds.
        swapped_in_rate: of those that are observed, with its interval.
        swapped_out_rate: of the rows that only the ledger approves.
        flips_at: the bad rate of the unobserved approved rows at which both policies are equal.
        bad_multiplier: of the second assumption.
        reviews: the review load.
        rules: by rule of the candidate.
        corners: policy by model; two of them where no model was named.
        groups: fairness of the flow; empty where no protected attribute was delivered.
        reasons: what changes in the reasons; None if no row moves.
        flipped_both_ways: customers with a stricter and a milder outcome within 30 days.
        limits_changed: rows whose limit changes; None in a domain without limits.
    """

    job: str
    event: str
    policy_version: str
    policy_sha256: str
    model_version: str
    start: datetime
    end: datetime
    decisions: int
    rows: int
    own_policies: tuple[tuple[str, int], ...]
    own_differing: int
    cells: tuple[Cell, ...]
    matched: Matched | None
    approved_before: Bounds
    approved_after: Bounds
    swapped_in: Bounds
    swapped_in_rate: Rate | None
    swapped_out_rate: Rate | None
    flips_at: float | None
    bad_multiplier: float
    reviews: Reviews | None
    rules: tuple[RuleHits, ...]
    corners: tuple[Corner, ...]
    groups: tuple[GroupFlow, ...]
    reasons: Reasons | None
    flipped_both_ways: int
    limits_changed: int | None
    feedback: str = FEEDBACK

    @property
    def moved(self) -> int:
        """Rows whose outcome moves."""
        return sum(cell.rows for cell in self.cells if cell.is_moved)

    @property
    def stricter(self) -> int:
        """Rows whose outcome becomes stricter."""
        order = ("approve", "review", "decline")
        return sum(
            cell.rows for cell in self.cells if order.index(cell.after) > order.index(cell.before)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self) | {"moved": self.moved, "stricter": self.stricter}

    @property
    def sha256(self) -> str:
        """The digest of the report: equal reports have equal digests."""
        text = json.dumps(self.as_dict(), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()
