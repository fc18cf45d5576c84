"""Render the page of a model for its annual attestation. Pure.

The page is one file: it loads nothing, has no script, and holds its pictures. Names come from
outside, so the template escapes every value.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scoring.models.history import History, Training, VersionPages
from scoring.models.inventory import ModelEntry
from scoring.models.review import TIERS
from scoring.models.standing import Standing
from scoring.pages import page


@dataclass(frozen=True, slots=True)
class Version:
    """A version whose card is on the page.

    Attributes:
        role: champion or challenger.
        version: of the registered model.
        training: its record; None if it was made elsewhere.
        pages: its card and pictures.
    """

    role: str
    version: str
    training: Training | None
    pages: VersionPages

    @property
    def pictures(self) -> list[tuple[str, str]]:
        """The pictures: title and data URI."""
        return [
            (
                name.removesuffix(".png").replace("_", " "),
                "data:image/png;base64," + base64.b64encode(content).decode("ascii"),
            )
            for name, content in sorted(self.pages.pictures.items())
        ]


@dataclass(frozen=True, slots=True)
class ModelPage:
    """The content of a model's page.

    Attributes:
        entry: of the inventory.
        standing: of the model.
        history: its registers.
        versions: champion and challenger with their cards.
        made_at: the moment of the page, UTC.
    """

    entry: ModelEntry
    standing: Standing
    history: History
    versions: Sequence[Version]
    made_at: datetime

    @property
    def tier(self) -> str:
        """The tier in words."""
        return f"{self.entry.tier}: {TIERS[self.entry.tier]}"


def render(content: ModelPage) -> str:
    """Return the page of a model."""
    return page.template("model.html").render(page=content)
