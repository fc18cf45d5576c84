"""The link of a task leads from its XCom receipt to the page of its gate."""

from __future__ import annotations

import pytest

from orchestration.links import page_of

ONE = {"validation_id": "a1", "subject": "s", "verdict": "passed"}
PAGE = "/scoring/validations/a1"


@pytest.mark.parametrize(
    ("receipt", "path"),
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
def test_only_a_receipt_leads_to_a_page(receipt: object, path: str) -> None:
    assert page_of(receipt) == path
