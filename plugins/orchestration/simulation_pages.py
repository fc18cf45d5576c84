"""Serve the pages of simulations; `orchestration.pages` puts the login check before them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from features.platform import database
from features.platform.settings import get_settings
from scoring.pages import simulation_page
from scoring.simulation import records

NEWEST = 200

router = APIRouter()


@router.get("/simulations")
def simulations() -> Response:
    """List the newest simulations of all policies."""
    with database.connect(get_settings().warehouse, "score") as connection:
        newest = records.newest(connection, NEWEST)
    return HTMLResponse(simulation_page.render_list(newest, NEWEST))


@router.get("/simulations/{simulation_id}")
def simulation(simulation_id: UUID) -> Response:
    """Show the report of one simulation."""
    with database.connect(get_settings().warehouse, "score") as connection:
        text = records.page_of(connection, simulation_id)
    if text is None:
        return PlainTextResponse(
            f"There is no simulation {simulation_id} in audit.policy_simulations.", status_code=404
        )
    return HTMLResponse(simulation_page.render(simulation_id, text))
