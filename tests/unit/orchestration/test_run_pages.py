"""Pages of runs answer without a warehouse, and every answer has the headers of static pages."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from features.platform.settings import get_settings
from orchestration import pages
from orchestration.links import run_page_of

RUN = UUID(int=7)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The application for a user that is logged in, with a warehouse that does not answer."""
    monkeypatch.setenv("SCORING_WAREHOUSE__PORT", "9")
    monkeypatch.setenv("SCORING_WAREHOUSE__SCORE_PASSWORD", "canary")
    get_settings.cache_clear()
    app = pages.application()
    [login] = [each.dependency for each in app.router.dependencies]
    assert login is not None
    app.dependency_overrides[login] = lambda: None
    yield TestClient(app)
    get_settings.cache_clear()


@pytest.mark.parametrize("path", ["/runs", f"/runs/{RUN}", "/validations", f"/validations/{RUN}"])
def test_without_a_warehouse_a_page_says_so_and_names_the_next_step(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)

    assert answer.status_code == 503
    assert "See `make status`, then reload." in answer.text
    assert "canary" not in answer.text


@pytest.mark.parametrize(("path", "status"), [("/runs/seven", 422), (f"/runs/{RUN}", 503)])
def test_every_answer_forbids_scripts_and_foreign_frames(
    client: TestClient, path: str, status: int
) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("receipt", "path"),
    [({"run_id": "a1"}, "/scoring/runs/a1"), ({"rows": 3}, ""), ("a1", ""), (None, "")],
)
def test_only_the_receipt_of_a_claim_leads_to_the_page_of_a_run(receipt: object, path: str) -> None:
    assert run_page_of(receipt) == path
