"""Laws are about results: a busy machine must not break one."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("vesper", deadline=None)
settings.load_profile("vesper")
