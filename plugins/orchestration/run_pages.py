"""Serve the pages of runs; `orchestration.pages` puts the login check before them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from features.platform import database
from features.platform.settings import get_settings
from scoring.pages import page, reading

NEWEST = 200

router = APIRouter()


@router.get("/runs")
def runs() -> Response:
    """List the newest runs of all jobs."""
    with database.connect(get_settings().warehouse, "score") as connection:
        newest = reading.newest(connection, NEWEST)
    return HTMLResponse(page.render_list(newest, NEWEST))


@router.get("/runs/{run_id}")
def run(run_id: UUID) -> Response:
    """Show one run: its facts, its gates, the next step, and its rows in pictures."""
    with database.connect(get_settings().warehouse, "score") as connection:
        content = reading.page_of(connection, run_id)
    if content is None:
        return PlainTextResponse(f"There is no run {run_id} in decisions.runs.", status_code=404)
    return HTMLResponse(page.render(content))
