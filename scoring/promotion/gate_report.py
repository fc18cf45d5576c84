"""Writes a gate for people: its table, and the page of the challenger's version in MLflow."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from features.platform.settings import Settings
from scoring.models import version_pages
from scoring.models.version_pages import Section
from scoring.promotion import figures
from scoring.promotion.gate_records import Gate
from scoring.runs.pins import ModelPin

HEADING = "## Gate"
DIGEST_TAG = "gate.sha256"
_ROLES = {"primary": "primary", "non_inferiority": "check", "information": "for information"}
#: Characters that Markdown reads as markup, and line breaks, which end a row of a table.
_MARKUP = re.compile(r"([\\`*_\[\]|~#])")


def as_markdown(gate: Gate) -> str:
    """Return the verdict, the facts and the table of the tests.

    Names of segments come from delivered data, so their markup is escaped.
    """
    tests = gate.tests
    lines = [
        f"**{gate.verdict}**: {gate.model} version {gate.challenger_version} against version "
        f"{gate.champion_version}, which decides",
        "",
        f"- {gate.weeks} fresh weeks, {gate.window_start:%Y-%m-%d} to {gate.window_end:%Y-%m-%d}: "
        f"{gate.rows:,} matured rows, {gate.events:,} events, {gate.customers:,} customers; as "
        f"precise as {gate.effective_rows:,.0f} rows of equal weight",
        f"- Labels known at {gate.label_as_of:%Y-%m-%d %H:%M} UTC, features of {gate.feature_view}",
        f"- One-sided level of every test: {tests['alpha']}; false `better` a year by this plan, "
        f"at most: {tests['expected_false_better_a_year']}",
        f"- Plan {gate.plan_sha256[:12]}, verdict {gate.verdict_sha256[:12]}",
        "",
        "| test | part | value | lower | upper | margin | detectable | verdict | note |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- |",
        *(_row(test) for test in tests["tests"]),
    ]
    return "\n".join(lines) + "\n"


def publish(gate: Gate, challenger: ModelPin, settings: Settings) -> None:
    """Write verdict, table and picture on the challenger's version.

    Raises:
        ModelUnavailableError: the registry does not answer.
    """
    table = as_markdown(gate)
    primary = next(test for test in gate.tests["tests"] if test["role"] == "primary")
    section = Section(
        heading=HEADING,
        body=table,
        tags={
            "gate.verdict": gate.verdict,
            "gate.plan_sha256": gate.plan_sha256,
            "gate.primary_lower": _number(primary["lower"]),
            DIGEST_TAG: gate.verdict_sha256,
        },
        texts={"gate.md": table},
        figures={"gate.png": figures.draw(gate.tests)},
    )
    version_pages.write(challenger, section, settings)


def is_published(gate: Gate, challenger: ModelPin, settings: Settings) -> bool:
    """Return whether the challenger's version shows this gate.

    Raises:
        ModelUnavailableError: the registry does not answer.
    """
    tags = version_pages.tags_of(challenger, settings)
    return tags.get(DIGEST_TAG) == gate.verdict_sha256


def _row(test: Mapping[str, Any]) -> str:
    cells = (
        _escaped(test["name"]),
        _ROLES.get(test["role"], test["role"]),
        *(_number(test[name]) for name in ("estimate", "lower", "upper", "margin", "detectable")),
        test["verdict"],
        _escaped(test["note"]),
    )
    return "| " + " | ".join(cells) + " |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
