"""Render the page of a run, and the list of the newest runs. Pure.

A page loads nothing and has no script. Names of products come from outside, so the templates escape
every value; only the charts are put in as they are, and they escape their own texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from features.tryout.html_parts import with_code
from scoring.pages.facts import Gate, RunFacts, next_steps
from scoring.pages.forecasts import Forecasts
from scoring.pages.markdown import as_html
from scoring.pages.plans import Plans

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@dataclass(frozen=True, slots=True)
class RunPage:
    """The content of a run's page.

    Attributes:
        run: the run.
        gates: its validations.
        serving: the view in which readers find its rows.
        rows: the rows of a published run of a job that has pictures; else None.
    """

    run: RunFacts
    gates: Sequence[Gate]
    serving: str
    rows: Forecasts | Plans | None = None

    @property
    def next_steps(self) -> list[str]:
        """The sentences about the next step."""
        degraded = self.rows.degraded if self.rows else {}
        example = self.rows.example if self.rows else ""
        return next_steps(self.run, self.gates, degraded, self.serving, example)


def render(page: RunPage) -> str:
    """Return the page of a run."""
    name = page.rows.template if page.rows else "run.html"
    return template(name).render(page=page, run=page.run, rows=page.rows)


def render_list(runs: Sequence[RunFacts], newest: int) -> str:
    """Return the list of runs, whose links lead to their pages.

    Args:
        runs: the newest first.
        newest: the most runs that the list holds.
    """
    return template("runs.html").render(runs=runs, newest=newest)


def template(name: str) -> Template:
    """Return a template, which escapes every value."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "words": lambda text: str(text).replace("_", " "),
        "with_code": lambda text: Markup(with_code(text)),  # noqa: S704 - it escapes the text
        "markdown": lambda text: Markup(as_html(text)),  # noqa: S704 - it escapes the text
        "chart": lambda rows: Markup(rows.picture()),  # noqa: S704 - it escapes its texts
    }
    return environment


def number(value: float | None) -> str:
    """Return a number for people: a digit after the point if it matters; a dash for None."""
    if value is None:
        return "–"
    is_whole = abs(value) >= 100 or float(value).is_integer()
    return f"{value:,.0f}" if is_whole else f"{value:.1f}"
