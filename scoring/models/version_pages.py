"""Writes the page of a model version for people: a section, files and tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from features.platform.settings import Settings
from scoring.models import registry_client
from scoring.runs.pins import ModelPin

if TYPE_CHECKING:
    from matplotlib.figure import Figure


#: Characters of a description, which the registry's Postgres enforces and its sqlite does not.
LONGEST = 5_000


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a version's page, with what belongs to it.

    Attributes:
        heading: the line that starts the section, such as `## Gate`; a second write replaces it.
        body: Markdown.
        tags: by name.
        texts: by file name.
        figures: by file name.
    """

    heading: str
    body: str
    tags: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)


def write(pin: ModelPin, section: Section, settings: Settings) -> None:
    """Write a section as the last one of a version's description, with tags and files.

    The tags come last: with them, everything is written.

    Raises:
        ModelUnavailableError: the registry does not answer.
    """
    with registry_client.answering(settings) as client:
        described = client.get_model_version(pin.name, pin.version).description or ""
        before = described.partition(f"{section.heading}\n")[0].rstrip()
        client.update_model_version(pin.name, pin.version, page_of(before, section))
        for file_name, content in section.texts.items():
            client.log_text(pin.run_id, content, file_name)
        for file_name, figure in section.figures.items():
            client.log_figure(pin.run_id, figure, file_name)
        for key, value in section.tags.items():
            client.set_model_version_tag(pin.name, pin.version, key, value)


def page_of(before: str, section: Section) -> str:
    """Return a description with the section at its end, cut where the registry takes no more.

    A cut ends with a whole line and names the files, which have the rest.
    """
    text = "\n\n".join(filter(None, (before, f"{section.heading}\n\n{section.body}")))
    if len(text) <= LONGEST:
        return text
    note = f"\n\nThe rest is in {', '.join(section.texts) or 'the files'} of the run.\n"
    return text[: LONGEST - len(note)].rpartition("\n")[0] + note


def tags_of(pin: ModelPin, settings: Settings) -> dict[str, str]:
    """Return the tags of a version.

    Raises:
        ModelUnavailableError: the registry does not answer, or has no such version.
    """
    with registry_client.answering(settings) as client:
        return dict(client.get_model_version(pin.name, pin.version).tags)
