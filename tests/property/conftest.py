"""Laws check results, not speed: a busy machine must not fail a law."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("vesper", deadline=None)
settings.load_profile("vesper")
