"""The picture of a gate shows every test from the stored record alone."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from scoring.models.compared import Compared
from scoring.promotion import figures
from scoring.promotion.comparison import compare
from tests.gates import PLAN, rows_of

ROWS = rows_of(2_000)
HOSTILE = replace(ROWS, segments={"channel": np.full(len(ROWS), "$x_{y$ <b>")})
EMPTY = replace(ROWS, is_event=np.zeros(len(ROWS), dtype=bool), reasons=None)


@pytest.mark.parametrize("rows", [HOSTILE, EMPTY], ids=["hostile labels", "no event"])
def test_a_stored_comparison_is_drawn_with_all_its_tests(rows: Compared) -> None:
    record = json.loads(json.dumps(compare(rows, PLAN).as_dict()))

    figure = figures.draw(record)
    figure.savefig(BytesIO(), format="png")

    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [test["name"] for test in record["tests"]]
    assert record["verdict"] in figure.axes[0].get_title()
