"""Reads protected attributes for the fairness report, as role `fairness`. Shell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.platform import database
from features.platform.settings import Settings
from scoring.credit.fairness_page import band_names

AGES = (25, 40, 62)  # Regulation B defines elderly as 62 and older (12 CFR 1002.2(o))
ATTRIBUTES = ("sex", "age", "marital_status", "nationality")

_QUERY = """
select distinct on (application_id) application_id, sex, age, marital_status, nationality
from protected.applicant_attributes
where application_id = any(%s)
order by application_id, delivery_seq desc
"""


def read(application_ids: Sequence[str], settings: Settings) -> dict[str, NDArray[np.object_]]:
    """Return the groups of some applications by attribute; empty if none were delivered.

    Args:
        application_ids: in the order of the rows.
        settings: the login of role `fairness`; without its password nothing is read.

    Returns:
        By attribute [n] the group, None if unknown.
    """
    if settings.warehouse.fairness_password is None:
        return {}
    with database.connect(settings.warehouse, "fairness", autocommit=False) as connection:
        rows = database.fetch_all(
            connection, "read the groups of applicants", _QUERY, (list(application_ids),)
        )
    known = {row[0]: row[1:] for row in rows}
    if not known:
        return {}
    nothing = (None,) * len(ATTRIBUTES)
    table = [known.get(application_id, nothing) for application_id in application_ids]
    columns = dict(zip(ATTRIBUTES, np.array(table, dtype=object).T, strict=True))
    return columns | {"age": _bands(columns["age"])}


def _bands(ages: NDArray[np.object_]) -> NDArray[np.object_]:
    is_known = np.array([age is not None for age in ages])
    bands = np.full(len(ages), None, dtype=object)
    names = np.array(band_names(AGES), dtype=object)
    bands[is_known] = names[np.digitize(ages[is_known].astype(int), AGES)]
    return bands
