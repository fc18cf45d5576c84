"""Promote a fraud model by clicks, against the running demo: `python -m tests.browser`.

A person moves the alias in MLflow without an approval, and the next run goes on with the last
effective champion. Another person approves in Airflow, and the next run decides with the new
version. The alias goes back in MLflow, and so do the decisions.
"""

from __future__ import annotations

import sys
from pathlib import Path

from infra.local import stack
from infra.local.airflow_api import Airflow
from infra.local.console import console, errors, step
from infra.local.environment import airflow_url, mlflow_url
from infra.local.state import DEFAULT_SOURCE, StackError, State
from tests.browser import rehearsal, stack_facts, user_interfaces
from tests.browser.devtools import BrowserError, Page, browser
from tests.browser.stack_facts import DECIDE, MODEL, Question

APPROVER = "officer"


def main() -> int:
    """Run the script; an expected failure prints one line and gives exit status 1."""
    try:
        state = _running()
        with browser() as page:
            promote(state, page)
    except (StackError, BrowserError) as error:
        errors.print(f"[red]browser:[/] {error}", markup=True)
        return 1
    return 0


def _running() -> State:
    state = State(DEFAULT_SOURCE)
    if not stack.runs(state):
        raise StackError("no demo runs: `make demo` first")
    return state


def promote(state: State, page: Page) -> None:
    """Promote the challenger that waits, and roll back.

    Raises:
        StackError: no question waits, or a run decided with another version than expected.
        BrowserError: a page does not follow.
    """
    airflow, pictures = Airflow(state), state.root / "reports" / "browser"
    asked = _question(state, airflow)
    rehearsal.name_champion(state, asked.champion)
    with step(f"MLflow: the alias champion moves to version {asked.version}, unapproved"):
        _move(state, page, asked.version, pictures / "1-mlflow-unapproved")
    _expect(state, airflow, "the alias was moved, and nobody approved", asked.champion)
    with step(f"Airflow: {APPROVER} approves version {asked.version}"):
        _approve(state, page, asked, pictures / "2-airflow")
    stack_facts.await_promotion(airflow, asked)
    _expect(state, airflow, "version approved in Airflow", asked.version)
    with step(f"MLflow: the alias champion moves back to version {asked.champion}"):
        _move(state, page, asked.champion, pictures / "3-mlflow-rollback")
    _expect(state, airflow, "alias moved back to a former champion", asked.champion)
    console.print(f"Pictures: {pictures}/")


def _question(state: State, airflow: Airflow) -> Question:
    if asked := stack_facts.question(state, airflow):
        return asked
    console.print(
        "No gate of this stack has passed, so the script records one, as other tests do: from here "
        "on the stack is a test."
    )
    rehearsal.record_passed_gate(state)
    rehearsal.ask(airflow)
    if asked := stack_facts.question(state, airflow):
        return asked
    raise StackError("the question about the fraud model does not wait any more")


def _move(state: State, page: Page, version: str, pictures: Path) -> None:
    user_interfaces.move_champion(page, mlflow_url(state), MODEL, version, pictures)


def _approve(state: State, page: Page, asked: Question, pictures: Path) -> None:
    airflow = airflow_url(state)
    user_interfaces.log_in(page, airflow, APPROVER, state.secrets[f"airflow_{APPROVER}"])
    question = user_interfaces.question_url(airflow, asked.run_id, DECIDE)
    user_interfaces.answer(page, question, "promote", "better on unseen weeks", pictures)


def _expect(state: State, airflow: Airflow, reason: str, version: str) -> None:
    decided_by = stack_facts.decide_again(state, airflow, reason)
    if decided_by != version:
        raise StackError(f"version {decided_by} has decided, and version {version} was expected")


if __name__ == "__main__":
    sys.exit(main())
