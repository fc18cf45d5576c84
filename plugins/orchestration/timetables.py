"""Begins the schedule of the training with the week in which it is unpaused.

Airflow's own timetable first runs the last interval that is over. A new user who unpauses the
training on a Thursday would get a model of the knowledge of last Sunday, before any of the loaded
data was known.
"""

from __future__ import annotations

from datetime import timedelta

from airflow._shared.timezones.timezone import coerce_datetime, utcnow
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable

# the scheduler makes a run seconds after it is due, and Airflow computes the next one meanwhile
GRACE = timedelta(hours=6)


class FromNowOn(CronDataIntervalTimetable):  # type: ignore[misc]
    """A schedule with data intervals whose first run is for the interval that is not over yet."""

    def next_dagrun_info(
        self,
        *,
        last_automated_data_interval: DataInterval | None,
        restriction: TimeRestriction,
    ) -> DagRunInfo | None:
        """Return the next interval to run; without an earlier run, none that ended before now."""
        if last_automated_data_interval is None and not restriction.catchup:
            start = self._align_to_prev(coerce_datetime(utcnow()) - GRACE)
            if restriction.earliest is not None:
                start = max(start, self._align_to_next(restriction.earliest))
            return DagRunInfo.interval(start=start, end=self._get_next(start))
        info: DagRunInfo | None = super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
        return info
