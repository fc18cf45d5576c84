"""From what a task left in XCom to the page it means."""

from __future__ import annotations

import pytest

from orchestration.links import page_of

ONE = {"validation_id": "a1", "subject": "s", "verdict": "passed"}
PAGE = "/scoring/validations/a1"


@pytest.mark.parametrize(
    ("left", "path"),
    [
        ("a1", PAGE),
        (ONE, PAGE),
        ([ONE], PAGE),
        ([ONE, {"rows": 3}], PAGE),
        ([ONE, ONE], "/scoring/validations?subject=s&subject=s"),
        ([{"subject": "a/b", "verdict": "failed"}], "/scoring/validations?subject=a%2Fb"),
        ({"run_id": "r"}, ""),
        ([{"rows": 3}], ""),
        ([], ""),
        (None, ""),
        (3, ""),
    ],
)
def test_a_receipt_leads_to_its_page_and_anything_else_nowhere(left: object, path: str) -> None:
    assert page_of(left) == path
