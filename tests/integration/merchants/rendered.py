"""Render the SQL of a model as dbt does, with other tables in the place of its references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2

from features.build import PROJECT


def model(path: str, tables: Mapping[str, str]) -> str:
    """Return the SQL of a model below models/, which reads the tables instead of its refs."""
    text = (PROJECT / "models" / path).read_text()
    return _environment(tables).from_string(text).render()


def expression(text: str) -> str:
    """Return an expression in which the macros of the project are replaced by their SQL."""
    return _environment({}).from_string(text).render()


def _environment(tables: Mapping[str, str]) -> jinja2.Environment:
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - SQL of the project
    functions: dict[str, Any] = {
        "config": lambda **_: "",
        "ref": lambda name: tables[name],
        "var": lambda _, default: default,
    }
    environment.globals |= functions
    macros = environment.from_string((PROJECT / "macros" / "insight.sql").read_text()).module
    environment.globals |= {
        name: getattr(macros, name) for name in dir(macros) if not name.startswith("_")
    }
    return environment
