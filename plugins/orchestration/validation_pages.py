"""Serve the pages of the gates; `orchestration.pages` puts the login check before them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import psycopg  # noqa: TID253 - this module is imported at a first request, never by a parse
import structlog
from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from psycopg.rows import dict_row  # noqa: TID253 - as above

from expectations import page, record
from features.platform.settings import get_settings
from features.platform.storage import object_store

NEWEST = 200
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
    return HTMLResponse(text)


@router.get("/validations/{validation_id}")
def validation(validation_id: UUID) -> Response:
    """Show one validation: its page, or where that is gone the same drawn from the audit."""
    settings = get_settings()
    with record.connect(settings.warehouse.url("score")) as connection:
        validation = record.read(validation_id, connection)
    if validation is None:
        text = f"There is no validation {validation_id} in audit.validation_results."
        return PlainTextResponse(text, status_code=404)
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
    return HTMLResponse(content)
