"""The one file that Airflow loads from this folder: pages of the gates, and the link to them.

Airflow imports it in every one of its processes, so it is kept light: the application is put
together at its first request. Everything else lives in the package `orchestration`, which
`.airflowignore` keeps Airflow from loading file by file under bare names in `sys.modules`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from orchestration.links import ValidationReportLink

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send


@cache
def _application() -> FastAPI:
    from orchestration.reports import application

    return application()


async def reports(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer for the pages, putting the application together at the first request."""
    await _application()(scope, receive, send)


class ScoringPlugin(AirflowPlugin):  # type: ignore[misc]
    """Vesper inside Airflow's UI."""

    name = "scoring"
    fastapi_apps: ClassVar[list[dict[str, Any]]] = [
        {"name": "scoring reports", "app": reports, "url_prefix": "/scoring"}
    ]
    external_views: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "Validations",
            "href": "/scoring/validations",
            "destination": "nav",
            "category": "browse",
            "url_route": "validations",
        }
    ]
    global_operator_extra_links: ClassVar[list[Any]] = [ValidationReportLink()]
