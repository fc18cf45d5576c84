"""A declared date format accepts exactly that format."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pydantic import ValidationError

from features.ingest.spelling.moments import in_iso
from features.ingest.verdicts import Verdicts
from features.sources import descriptions
from features.sources.date_formats import pattern_of
from features.sources.mapping import SourceFeed

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date_format", "text", "iso"),
    [
        ("%b-%Y", "Apr-2009", "2009-04-01"),
        ("%b-%Y", "Apr-1931", "1931-04-01"),
        ("%b-%Y", "APR-2009", "2009-04-01"),
        ("%b-%Y", "2009-04-01", None),
        ("%b-%y", "Apr-09", "2009-04-01"),
        ("%b-%y", "Apr-46", "1946-04-01"),
        ("%d.%m.%Y", "1.2.2009", "2009-02-01"),
        ("%m/%d/%Y", "12/31/1949", "1949-12-31"),
        ("%Y%m%d", "20090401", "2009-04-01"),
        ("%Y%m", "200904", "2009-04-01"),
    ],
)
def test_dates_are_read_in_the_declared_format(
    date_format: str, text: str, iso: str | None
) -> None:
    verdicts = Verdicts(1)

    dates = in_iso(pa.array([text]), "date", verdicts, form=date_format, latest=NOW)

    assert dates.to_pylist() == [iso]
    assert verdicts.passed.tolist() == [iso is not None]


@pytest.mark.parametrize("date_format", ["%d", "%H:%M", "%b", "%Y%Y%m", "%", "%Y-%m-%d %p", ""])
def test_a_format_without_year_and_month_is_refused(date_format: str) -> None:
    with pytest.raises(ValueError, match=r"needs one year|has %|lone %|only go together"):
        pattern_of(date_format)


@pytest.mark.parametrize("name", ["application_id", "loan_amnt", "purpose"])
def test_only_a_column_of_dates_has_a_format(name: str) -> None:
    feed = descriptions.load("synthetic").feeds["applications"]
    columns = {**feed.columns, name: {"column": name, "format": "%Y-%m"}}

    with pytest.raises(ValidationError, match=f"columns: {name}: format: does not fit {name}"):
        SourceFeed.model_validate(feed.model_dump() | {"columns": columns})
