"""One page per validation: what was asked, what was seen, and what it means. No row values."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.validation import Outcome, Severity, Validation, Verdict

if TYPE_CHECKING:
    from jinja2 import Template

MEANING = {
    Verdict.PASSED: "Everything held. The run went on.",
    Verdict.WARNED: "Nothing critical broke. The run went on; the warnings are recorded here.",
    Verdict.FAILED: "Something critical broke. The run stopped before the next step.",
    Verdict.NOTHING_TO_CHECK: "No rows were expected and none were found. The run went on.",
    Verdict.COULD_NOT_CHECK: "The gate could not look. This says nothing about the data; "
    "the step can be tried again.",
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
    """Return the page: one self-contained HTML file, what broke first."""
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
    # Names of files, tables and subjects come from outside: everything is escaped.
    environment = Environment(
        loader=folder,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
