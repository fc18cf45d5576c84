"""Print the code and the lock file that a run pins here."""

from __future__ import annotations

from features.platform import code_version, libraries
from features.platform.settings import get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson


def version(as_json: AsJson = False) -> int:
    """Print the code and the lock file that a run pins here."""
    settings = get_settings()
    document = {
        "code": code_version.pinned(settings.code_version),
        "lock": libraries.lock_digest(settings.lock_file),
    }
    show([f"{name} {text}" for name, text in document.items()], document, as_json=as_json)
    return Status.HOLDS
