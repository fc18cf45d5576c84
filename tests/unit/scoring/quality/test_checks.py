"""A check of a measure is written into a report as plain values."""

from __future__ import annotations

import json

import numpy as np
import pytest

from scoring.quality.checks import Bar, Check


@pytest.mark.parametrize(("bar", "holds"), [(0.5, True), ((0.0, 0.5), False), (None, True)])
def test_a_measure_of_numpy_is_written_as_json(bar: Bar | None, holds: bool) -> None:
    check = Check("power.coverage_80", np.float64(0.79), bar)

    written = json.loads(json.dumps(check.as_dict()))

    assert (written["value"], written["holds"]) == (0.79, holds)
