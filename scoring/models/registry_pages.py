"""Read the pages and pictures of a registered version from the registry, for a copy on file."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from features.platform.settings import Settings
from scoring.models import registry_client
from scoring.models.history import VersionPages

CARD = "model_card.md"
#: Bytes; a larger artifact is not of ours and is left out.
MOST_BYTES = 4_000_000
_PICTURE = re.compile(r"[A-Za-z0-9_]{1,60}\.png")
_PNG = b"\x89PNG\r\n\x1a\n"


def read(run_id: str, settings: Settings) -> VersionPages:
    """Return the card and the pictures of a training's run.

    Args:
        run_id: of the registry.
        settings: access to the registry.

    Raises:
        ModelUnavailableError: the registry does not answer, or has no such run.
    """
    card, pictures = "", {}
    with registry_client.answering(settings) as client, tempfile.TemporaryDirectory() as folder:
        for item in client.list_artifacts(run_id):
            name = str(item.path)
            is_ours = name == CARD or _PICTURE.fullmatch(name)
            if item.is_dir or not is_ours or (item.file_size or 0) > MOST_BYTES:
                continue
            content = Path(client.download_artifacts(run_id, name, folder)).read_bytes()
            if name == CARD:
                card = content.decode("utf-8", errors="replace")
            elif content.startswith(_PNG):
                pictures[name] = content
    return VersionPages(card, pictures)


def run_of(model: str, version: str, settings: Settings) -> str:
    """Return the registry's run of a version.

    Raises:
        ModelUnavailableError: the registry does not answer, or has no such version.
    """
    with registry_client.answering(settings) as client:
        return str(client.get_model_version(model, version).run_id or "")
