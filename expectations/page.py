"""Render one page per validation: expectations, figures and meaning, without row values."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.validation import Outcome, Severity, Validation, Verdict

if TYPE_CHECKING:
    from jinja2 import Template

MEANING = {
    Verdict.PASSED: "All expectations hold. The run continued.",
    Verdict.WARNED: "All critical expectations hold. The run continued; the page lists warnings.",
    Verdict.FAILED: "A critical expectation does not hold. The run stopped before the next step.",
    Verdict.NOTHING_TO_CHECK: "The table is empty, as expected. The run continued.",
    Verdict.COULD_NOT_CHECK: "The gate could not read the table. The data may be good or bad; "
    "retry the step.",
}
_URGENCY = {
    (Outcome.BROKEN, Severity.CRITICAL): 0,
    (Outcome.UNKNOWN, Severity.CRITICAL): 1,
    (Outcome.UNKNOWN, Severity.WARNING): 1,
    (Outcome.BROKEN, Severity.WARNING): 2,
}


def name(validation: Validation) -> str:
    """Return the page's name in the object store."""
    return f"validations/{validation.validated_at:%Y-%m-%d}/{validation.validation_id}.html"


def render(validation: Validation) -> bytes:
    """Return the page: one self-contained HTML file, broken expectations first."""
    checks = sorted(
        validation.expectations, key=lambda check: _URGENCY.get((check.outcome, check.severity), 3)
    )
    page = _template().render(
        validation=validation,
        checks=checks,
        counts=validation.counts(),
        meaning=MEANING[validation.verdict],
    )
    return page.encode()


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = FileSystemLoader(Path(__file__).parent)
    # Names of files, tables and subjects come from outside, so the template escapes all values.
    environment = Environment(
        loader=folder,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
