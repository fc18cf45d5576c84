"""Refuses a form with a field that its DAG does not have.

Airflow takes unknown keys of a trigger's conf for params of their own: a misspelt `start` would be
dropped in silence, and the run would decide the last window. Every task calls
`refuse_unknown_fields` before it does anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from features.platform.errors import ConfigurationError

SHOWN = 60  # characters of a key that a message repeats


def refuse_unknown_fields(context: Mapping[str, Any]) -> None:
    """Check the keys of the run's conf against the fields of its DAG's form.

    Raises:
        ConfigurationError: the DAG has no such field; names it, the nearest one, and all there are.
    """
    check_fields(context["dag_run"].conf or {}, context["dag"].params)


def check_fields(given: Iterable[object], fields: Iterable[str]) -> None:
    """Check that each given key is a field.

    Raises:
        ConfigurationError: a key is not a field; the message is that of `refuse_unknown_fields`.
    """
    known = sorted(fields)
    unknown = [key for key in given if key not in known]
    if not unknown:
        return
    key = str(unknown[0])
    near = get_close_matches(key[:SHOWN].strip().lower(), known, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    raise ConfigurationError(
        f"the form has no field {key[:SHOWN]!a}{more}{hint}; its fields are {', '.join(known)}"
    )
