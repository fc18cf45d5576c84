"""Defines named places where a fault test can break the process; production never arms one.

`SCORING_FAILPOINT=name:action` arms a place, and the settings pass it on only if `SCORING_TEST` is
set. `arm` and `on_reach` arm a place in this process. Commas separate several places.
`name:action@3` acts at the third pass. `name:action?/path` acts in the one process that removes
the file, and leaves its process id in `/path.pid`.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

from features.platform.errors import ConfigurationError

PLACES = {
    "before_rejects": "a file is parsed; its rejected rows are not written yet",
    "after_landed_copy": "a file's rows are in `landed`; the delivery is not registered yet",
    "after_raw_copy": "a delivery's rows are in `raw`; the admission is not committed yet",
    "after_claim": "a window is claimed; the caller does not know it yet",
    "after_features": "features are built; the caller does not know it yet",
    "after_model_load": "the pinned model is loaded",
    "mid_predict": "a chunk is predicted and not written",
    "mid_copy": "a chunk is being copied to the server",
    "before_publish": "a run is validated; its Parquet file is not written yet",
    "inside_publish": "a run's rows are in the ledger; the transaction is not committed yet",
    "after_commit": "a run is published; the caller does not know it yet",
    "before_manifest": "a run is published; its manifest is about to be written",
    "after_manifest": "the manifest is written; the caller does not know it yet",
    "mid_shadow": "a chunk is decided by the challenger and not written",
}

_SPEC = re.compile(
    r"(?P<place>[a-z_]+):(?P<action>kill9|stop|raise|sleep)(:(?P<seconds>[0-9.]+))?(@(?P<hit>\d+))?"
    r"(\?(?P<token>[^,]+))?"
)


class InjectedFaultError(Exception):
    """The error of a failpoint; no code of ours catches it by name."""


_armed: dict[str, tuple[int, Callable[[], None]]] = {}


def arm(specification: str) -> None:
    """Arm places as `name:action`; actions are kill9, stop, raise and sleep:SECONDS.

    Raises:
        ConfigurationError: a place or an action is unknown.
    """
    for part in specification.split(","):
        match = _SPEC.fullmatch(part.strip())
        if match is None:
            raise ConfigurationError(
                f"the failpoint {part!r} is not name:action; actions are kill9, stop, raise, "
                f"sleep:SECONDS; places are {', '.join(PLACES)}"
            )
        seconds = float(match["seconds"] or 1)
        act = _action(match["action"], seconds)
        if match["token"]:
            act = _once(Path(match["token"]), act)
        on_reach(match["place"], act, hit=int(match["hit"] or 1))


def on_reach(place: str, act: Callable[[], None], *, hit: int = 1) -> None:
    """Call `act` once, at the `hit`-th pass of a place.

    Raises:
        ConfigurationError: there is no such place.
    """
    if place not in PLACES:
        raise ConfigurationError(f"there is no failpoint {place!r}; there are {', '.join(PLACES)}")
    _armed[place] = (hit, act)


def disarm() -> None:
    """Disarm every place."""
    _armed.clear()


def reach(place: str) -> None:
    """Pass a named place; act only if it is armed."""
    if not _armed or place not in _armed:
        return
    left, act = _armed.pop(place)
    if left > 1:
        _armed[place] = (left - 1, act)
        return
    act()


def _once(token: Path, act: Callable[[], None]) -> Callable[[], None]:
    def take() -> None:
        try:
            token.unlink()
        except FileNotFoundError:
            return  # another process was here first
        token.with_suffix(".pid").write_text(str(os.getpid()))
        act()

    return take


def _action(name: str, seconds: float) -> Callable[[], None]:
    def fail() -> None:
        if name == "sleep":
            time.sleep(seconds)
        elif name == "raise":
            raise InjectedFaultError("an injected fault")
        else:
            os.kill(os.getpid(), signal.SIGKILL if name == "kill9" else signal.SIGSTOP)

    return fail
