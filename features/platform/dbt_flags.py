"""Keep dbt fast over many builds of one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def constant_flags() -> Iterator[None]:
    """Keep dbt's list of behaviour flags from growing with each build of this process.

    Each new adapter appends to the list that all adapters share, and for each entry dbt looks up
    the module of every frame: a test worker's build took 20 ms more per build before it.
    """
    from dbt.adapters.base.impl import DEFAULT_BASE_BEHAVIOR_FLAGS as FLAGS

    before = list(FLAGS)
    try:
        yield
    finally:
        FLAGS[:] = before
