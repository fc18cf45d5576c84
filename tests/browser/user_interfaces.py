"""The clicks of a person in the pages of MLflow and of Airflow."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from tests.browser.devtools import Page

ENTER = ("Enter", 13)


def move_champion(page: Page, mlflow: str, model: str, version: str, pictures: Path) -> None:
    """Move the alias `champion` to a version in the MLflow UI.

    Args:
        page: of the browser.
        mlflow: the address of MLflow.
        model: the registered model.
        version: its number.
        pictures: the beginning of the pictures' paths.

    Raises:
        BrowserError: the page does not follow.
    """
    page.go(f"{mlflow}/#/models/{quote(model)}/versions/{version}")
    page.await_text(f"Version {version}")
    page.click("[data-component-id*=modelversionviewaliaseditor]")
    page.await_text(f"Add/Edit alias for model version {version}")
    page.click("[role=dialog] input")
    page.write("champion")
    page.press(*ENTER)
    page.picture(pictures.with_name(f"{pictures.name}-before.png"))
    page.click("[role=dialog] button", "Save aliases")
    # of several aliases the page shows the first alone, so it is the dialogue that tells
    page.await_gone("Save aliases")
    page.picture(pictures.with_name(f"{pictures.name}-after.png"))


def log_in(page: Page, airflow: str, user: str, password: str) -> None:
    """Log in to Airflow.

    Raises:
        BrowserError: the page does not follow.
    """
    page.go(f"{airflow}/auth/login")
    for field, text in (("username", user), ("password", password)):
        page.click(f"input[name={field}]")
        page.write(text)
    page.click("button", "Sign in")
    page.await_text("Dags")


def question_url(airflow: str, run_id: str, task_id: str) -> str:
    """Return the address of a question of `promote_model`."""
    run = quote(run_id, safe="")
    return f"{airflow}/dags/promote_model/runs/{run}/tasks/{task_id}/required_actions"


def answer(page: Page, question: str, option: str, reason: str, pictures: Path) -> None:
    """Answer a question under Required Actions.

    Args:
        page: of the browser, logged in.
        question: the address.
        option: to choose.
        reason: of the decision.
        pictures: the beginning of the pictures' paths.

    Raises:
        BrowserError: the page does not follow.
    """
    page.go(question)
    page.await_text("Reason")
    page.picture(pictures.with_name(f"{pictures.name}-question.png"))
    page.click("input[name=element_reason]")
    page.write(reason)
    page.click("button", option)
    page.await_text("Response received at")
    page.picture(pictures.with_name(f"{pictures.name}-answer.png"))
