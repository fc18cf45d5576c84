"""Write the loan feeds of a plan: old loans at once, then applications and outcomes over time."""

from __future__ import annotations

from datetime import datetime, timedelta

from features.synthesize import applicants, loan_files, loans
from features.synthesize.calendar import epoch_ms
from features.synthesize.feed_shapes import APPLICANT_ATTRIBUTES, APPLICATION_LABELS, APPLICATIONS
from features.synthesize.landing import Landing
from features.synthesize.loans import Loans
from features.synthesize.plan import Plan
from features.synthesize.tally import Counts
from features.synthesize.world import World

_DAY = timedelta(days=1)


class Lending:
    """Write the files of the three loan feeds."""

    def __init__(self, plan: Plan, world: World, landing: Landing, counts: Counts) -> None:
        self._plan = plan
        self._applicants = applicants.build(plan, world.customers)
        self._landing = landing
        self._counts = counts

    def history(self) -> None:
        """Write the applications before `live_from`, and the outcomes known by then."""
        window = (self._plan.credit_start, self._plan.live_from)
        days = (window[1] - window[0]) / _DAY
        self._book = loans.within(
            self._plan, self._applicants, window, self._plan.credit_history / days
        )
        self._applications(self._book, window, is_history=True)
        self.outcomes(*window, is_history=True)

    def live(self, start: datetime, end: datetime) -> None:
        """Write the applications of [start, end)."""
        new_loans = loans.within(
            self._plan, self._applicants, (start, end), self._plan.applications_per_day
        )
        self._applications(new_loans, (start, end), is_history=False)

    def outcomes(self, start: datetime, end: datetime, *, is_history: bool) -> None:
        """Write the outcomes that become known within [start, end).

        Only loans from before `live_from` have outcomes, because every loan lasts for at least a
        month.
        """
        known_at = self._book.known_at
        known = (known_at >= epoch_ms(start)) & (known_at < epoch_ms(end)) & self._book.is_granted
        self._counts.outcomes += self._landing.whole(
            APPLICATION_LABELS,
            [loan_files.labels(self._book.take(known))],
            (start, end),
            is_history=is_history,
        )

    def _applications(
        self, new_loans: Loans, window: tuple[datetime, datetime], *, is_history: bool
    ) -> None:
        self._counts.applications += self._landing.whole(
            APPLICATIONS,
            [loan_files.applications(new_loans, self._applicants)],
            window,
            is_history=is_history,
        )
        self._landing.whole(
            APPLICANT_ATTRIBUTES,
            [loan_files.attributes(new_loans, self._applicants)],
            window,
            is_history=is_history,
        )
