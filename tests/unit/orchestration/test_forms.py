"""A field that the form does not have is refused, with the nearest known field."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from features.platform.errors import ConfigurationError
from orchestration.forms import check_fields, refuse_unknown_fields

FIELDS = ("end", "person", "reason", "restate_ids", "start")


@pytest.mark.parametrize(
    ("conf", "named"),
    [
        ({"strat": 1}, "no field 'strat' (did you mean 'start'?)"),
        ({"Start": 1}, "no field 'Start' (did you mean 'start'?)"),
        ({"start ": 1}, "no field 'start ' (did you mean 'start'?)"),
        ({"": 1}, "no field ''; its fields are end, person, reason, restate_ids, start"),
        ({"st\u200bart": 1}, "no field 'st\\u200bart' (did you mean 'start'?)"),
        ({"window": 1, "ids": 2}, "no field 'window' and 1 more"),
        ({"start": 1, "x" * 10_000: 2}, f"no field {'x' * 60!r}"),
    ],
)
def test_an_unknown_field_is_refused_with_the_nearest_and_all_known_fields(
    conf: dict[str, object], named: str
) -> None:
    run = SimpleNamespace(conf=conf)

    with pytest.raises(ConfigurationError) as caught:
        refuse_unknown_fields({"dag_run": run, "dag": SimpleNamespace(params=FIELDS)})

    assert named in str(caught.value)
    assert str(caught.value).endswith("; its fields are end, person, reason, restate_ids, start")


@pytest.mark.parametrize("conf", [None, {}, {"start": None}, dict.fromkeys(FIELDS)])
def test_a_form_with_known_fields_is_accepted(conf: dict[str, object] | None) -> None:
    check_fields(conf or {}, FIELDS)
    refuse_unknown_fields(
        {"dag_run": SimpleNamespace(conf=conf), "dag": SimpleNamespace(params=FIELDS)}
    )
