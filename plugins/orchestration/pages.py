"""Serve the pages of runs, simulations and gates inside Airflow's UI, for users that are logged in.

Airflow mounts a plugin's application without a login check. The dependency on the application is
the only check, so nothing is served beside it, not even the description of its routes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import psycopg  # noqa: TID253 - this module is imported at a first request, never by a parse
import structlog
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from features.platform.errors import ScoringError
from orchestration import run_pages, simulation_pages, validation_pages

HEADERS = {
    # the pages are static: no script, nothing from elsewhere, framed by Airflow alone
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}

log = structlog.get_logger(__name__)


def application() -> FastAPI:
    """Return the application that Airflow mounts under `/scoring`."""
    app = FastAPI(
        title="Vesper",
        dependencies=[Depends(requires_access_view(AccessView.WEBSITE))],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.include_router(validation_pages.router)
    app.include_router(run_pages.router)
    app.include_router(simulation_pages.router)
    app.add_exception_handler(psycopg.Error, _no_warehouse)
    app.add_exception_handler(ScoringError, _no_warehouse)
    app.middleware("http")(_with_headers)
    return app


async def _with_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Give every answer the headers, so no route can forget them."""
    response = await answer(request)
    response.headers.update(HEADERS)
    return response


def _no_warehouse(_: object, error: Exception) -> Response:
    log.warning("page_not_readable", error=type(error).__name__)
    # the driver's message may quote rows
    detail = f": {error}" if isinstance(error, ScoringError) else ""
    return PlainTextResponse(
        f"The warehouse did not answer ({type(error).__name__}{detail}). See `make status`, then "
        "reload.",
        status_code=503,
    )
