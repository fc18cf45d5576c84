"""Serve the pages of the gates inside Airflow's UI, for users that are logged in to Airflow.

Airflow mounts a plugin's application without a login check. The dependency on the application is
the only check, so nothing is served beside it, not even the description of its routes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import psycopg  # noqa: TID253 - this module is imported at a first request, never by a parse
import structlog
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import APIRouter, Depends, FastAPI, Query, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from psycopg.rows import dict_row  # noqa: TID253 - as above

from expectations import page, record
from features.platform.settings import get_settings
from features.platform.storage import object_store

NEWEST = 200
HEADERS = {
    # the pages are static: no script, nothing from elsewhere, framed by Airflow alone
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}
_INDEX = """
select
    validation_id, suite, subject, checked_table, verdict, rows_checked, validated_at,
    (
        select count(*) from jsonb_array_elements(expectations) as expectation
        where expectation ->> 'outcome' <> 'held'
    ) as not_held
from audit.validation_results
where %(subjects)s::text[] is null or subject = any(%(subjects)s)
order by validated_at desc
limit %(newest)s
"""

log = structlog.get_logger(__name__)
router = APIRouter()
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
)


def application() -> FastAPI:
    """Return the application that Airflow mounts under `/scoring`."""
    app = FastAPI(
        title="Vesper",
        dependencies=[Depends(requires_access_view(AccessView.WEBSITE))],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.include_router(router)
    app.add_exception_handler(psycopg.Error, _no_warehouse)
    return app


@router.get("/validations")
def validations(subject: Annotated[list[str] | None, Query()] = None) -> Response:
    """List the newest validations, of all subjects or of the named ones."""
    named = [text.strip() for text in subject or [] if text.strip()]
    conninfo = get_settings().warehouse.conninfo("score")
    with psycopg.connect(conninfo, row_factory=dict_row) as connection:
        validations: list[dict[str, Any]] = connection.execute(
            _INDEX, {"subjects": named or None, "newest": NEWEST}
        ).fetchall()
    text = _templates.get_template("validations.html").render(
        validations=validations, subjects=named, newest=NEWEST
    )
    return HTMLResponse(text, headers=HEADERS)


@router.get("/validations/{validation_id}")
def validation(validation_id: UUID) -> Response:
    """Show one validation: its page, or where that is gone the same drawn from the audit."""
    settings = get_settings()
    with record.connect(settings.warehouse.url("score")) as connection:
        validation = record.read(validation_id, connection)
    if validation is None:
        text = f"There is no validation {validation_id} in audit.validation_results."
        return PlainTextResponse(text, status_code=404, headers=HEADERS)
    try:
        with object_store(settings).open(validation.report_name or page.name(validation)) as stored:
            content = stored.read()
    except Exception as error:  # noqa: BLE001 - whatever the store's client raises, the audit knows
        log.info(
            "validation_page_drawn_again",
            validation_id=str(validation_id),
            error=type(error).__name__,
        )
        content = page.render(validation)
    return HTMLResponse(content, headers=HEADERS)


def _no_warehouse(_: object, error: Exception) -> Response:
    log.warning("validations_not_readable", error=type(error).__name__)
    return PlainTextResponse(
        f"The warehouse did not answer ({type(error).__name__}). See `make status`, then reload.",
        status_code=503,
        headers=HEADERS,
    )
