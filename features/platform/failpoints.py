"""Named places at which a fault test may break the process; in production nothing is ever armed.

A place is armed by `SCORING_FAILPOINT=name:action`, which the settings pass on only where
`SCORING_TEST` is set, or in this process by `arm` and `on_reach`. Several are separated by commas;
`name:action@3` acts the third time the place is reached; `name:action?/path` acts in the one
process that takes the file away, and leaves its process id in `/path.pid`.
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
    "after_claim": "a window is claimed; nobody has been told",
    "after_features": "features are built; nobody has been told",
    "after_model_load": "the pinned model is loaded",
    "mid_predict": "a chunk is predicted and not written",
    "mid_copy": "a chunk is being copied to the server",
    "before_publish": "a run is validated; its Parquet file is not written yet",
    "inside_publish": "a run's rows are in the ledger; the transaction is not committed yet",
    "after_commit": "a run is published; nobody has been told",
    "before_manifest": "a run is published; its manifest is about to be written",
    "after_manifest": "the manifest is written; nobody has been told",
}

_SPEC = re.compile(
    r"(?P<place>[a-z_]+):(?P<action>kill9|stop|raise|sleep)(:(?P<seconds>[0-9.]+))?(@(?P<hit>\d+))?"
    r"(\?(?P<token>[^,]+))?"
)


class InjectedFaultError(Exception):
    """What a failpoint raises; no code of ours catches it by name."""


_armed: dict[str, tuple[int, Callable[[], None]]] = {}


def arm(specification: str) -> None:
    """Arm places as `name:action`; actions are kill9, stop, raise and sleep:SECONDS.

    Raises:
        ConfigurationError: a place or an action is unknown.
    """
    for part in specification.split(","):
        found = _SPEC.fullmatch(part.strip())
        if found is None:
            raise ConfigurationError(
                f"the failpoint {part!r} is not name:action; actions are kill9, stop, raise, "
                f"sleep:SECONDS; places are {', '.join(PLACES)}"
            )
        seconds = float(found["seconds"] or 1)
        act = _action(found["action"], seconds)
        if found["token"]:
            act = _once(Path(found["token"]), act)
        on_reach(found["place"], act, hit=int(found["hit"] or 1))


def on_reach(place: str, act: Callable[[], None], *, hit: int = 1) -> None:
    """Call `act` once, the `hit`-th time that a place is reached.

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
    """Pass a named place; acts only where it is armed."""
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
            return  # another process was here before
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
