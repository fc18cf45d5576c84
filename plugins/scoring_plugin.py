"""The only file that Airflow loads from this folder: our pages, their links, and its guards.

Airflow imports it in every one of its processes, so it is kept light: the application is put
together at its first request, and a guard is imported at its first use. Tasks are forks of the
scheduler, so the modules imported here stay unchanged until the scheduler restarts. Everything else
lives in the package `orchestration`, which `.airflowignore` keeps Airflow from loading file by file
under bare names in `sys.modules`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from orchestration.links import RunPageLink, ValidationReportLink
from orchestration.timetables import FromNowOn

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send


# Airflow makes these runs itself; a backfill is checked before its runs
OF_SCHEDULE = frozenset({"scheduled", "backfill", "asset_triggered"})


@cache
def _application() -> FastAPI:
    from orchestration.pages import application

    return application()


async def reports(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the pages, putting the application together at the first request."""
    await _application()(scope, receive, send)


def request_guard(app: ASGIApp) -> ASGIApp:
    """Put the check of request bodies before the api-server's application."""
    from orchestration.request_guard import RequestGuard

    return RequestGuard(app)


def check_run(_: object, __: tuple[Any, ...], run: dict[str, Any]) -> None:
    """Check a run that Airflow is about to make, unless the schedule asks for it."""
    if run.get("run_type") not in OF_SCHEDULE:
        from orchestration import triggers

        triggers.on_new_run(run)


def check_backfill(_: object, __: tuple[Any, ...], backfill: dict[str, Any]) -> None:
    """Check a backfill that Airflow is about to make."""
    from orchestration import triggers

    triggers.on_new_backfill(backfill)


class ScoringPlugin(AirflowPlugin):  # type: ignore[misc]
    """Vesper inside Airflow's UI."""

    name = "scoring"
    fastapi_apps: ClassVar[list[dict[str, Any]]] = [
        {"name": "scoring reports", "app": reports, "url_prefix": "/scoring"}
    ]
    fastapi_root_middlewares: ClassVar[list[dict[str, Any]]] = [
        {"name": "scoring request guard", "middleware": request_guard}
    ]
    external_views: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "Validations",
            "href": "/scoring/validations",
            "destination": "nav",
            "category": "browse",
            "url_route": "validations",
        },
        {
            "name": "Runs",
            "href": "/scoring/runs",
            "destination": "nav",
            "category": "browse",
            "url_route": "runs",
        },
        {
            "name": "Simulations",
            "href": "/scoring/simulations",
            "destination": "nav",
            "category": "browse",
            "url_route": "simulations",
        },
    ]
    timetables: ClassVar[list[type]] = [FromNowOn]
    global_operator_extra_links: ClassVar[list[Any]] = [
        ValidationReportLink(),
        RunPageLink(),
    ]

    @classmethod
    def on_load(cls, *_: object, **__: object) -> None:
        """Check every run at its trigger, in whichever process makes it.

        Airflow has no hook for that moment, so SQLAlchemy's is used: `init` of its models.
        """
        from airflow.models.backfill import Backfill
        from airflow.models.dagrun import DagRun
        from sqlalchemy import event

        for model, check in ((DagRun, check_run), (Backfill, check_backfill)):
            if not event.contains(model, "init", check):
                event.listen(model, "init", check)
