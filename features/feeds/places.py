"""Places of the source's own: the coordinates, the time zone and the country of a code.

A code of `dbt/seeds/places.csv` that is delivered here too has the delivered place.
"""

from __future__ import annotations

from features.feeds.admissions import Facts
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import TRANSACTION_SCORING

PLACES = Feed(
    name="places",
    table="raw.places",
    columns=(
        column("location", ColumnKind.ID, "location_code", required=True, key=True),
        column("latitude", ColumnKind.LATITUDE, required=True),
        column("longitude", ColumnKind.LONGITUDE, required=True),
        column("time_zone", ColumnKind.TIME_ZONE),
        column("country", ColumnKind.COUNTRY, "country_code"),
        column("known_at", ColumnKind.INSTANT, "declared_known_at"),
    ),
    admission=Facts(first_known_at="landed.declared_known_at"),
    read_by=(TRANSACTION_SCORING,),
)
