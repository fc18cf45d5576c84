"""Render the page of a simulation, and the list of the newest simulations."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from scoring.pages.page import template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.simulation.records import Simulation


def render(simulation_id: UUID, text: str) -> str:
    """Return the page of a simulation.

    Args:
        simulation_id: its id.
        text: its report as Markdown.
    """
    return template("simulation.html").render(simulation_id=simulation_id, text=text)


def render_list(simulations: Sequence[Simulation], newest: int) -> str:
    """Return the list of simulations, whose links lead to their pages.

    Args:
        simulations: the newest first.
        newest: the most simulations that the list holds.
    """
    return template("simulations.html").render(simulations=simulations, newest=newest)
