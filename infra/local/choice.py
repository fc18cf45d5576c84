"""Select the stack of a command before the command starts, stops or removes anything.

A start needs the description of the source. Status, stop and removal need only the state of the
stack, because the description may be gone.
"""

from __future__ import annotations

import os
from pathlib import Path

from features.platform.currencies import EXPONENTS
from features.platform.errors import ConfigurationError
from features.sources import descriptions, files
from features.sources.descriptions import Sources
from infra.local import stack
from infra.local.state import CHECKOUT, DEFAULT_SOURCE, StackError, State, all_states

ROOT = CHECKOUT / ".local"
SOURCES_DIR = "SCORING_SOURCES_DIR"
BASE_CURRENCY = "SCORING_WAREHOUSE__BASE_CURRENCY"


def to_start(source: str | None, root: Path = ROOT) -> tuple[State, Sources]:
    """Return the stack to start and the description of its source.

    Raises:
        StackError: the source is unknown or its description is wrong; nothing was changed.
    """
    state = State(_name(source or DEFAULT_SOURCE), root)
    folder = sources_dir(state)
    try:
        return state, descriptions.load(state.source, folder=folder)
    except ConfigurationError as error:
        kept = f"; the state of its stack is in {state.folder}" if state.folder.is_dir() else ""
        raise StackError(f"{error}{kept}") from error


def remember(state: State, described: Sources) -> None:
    """Store the description's folder and the base currency for all processes of this stack.

    Raises:
        StackError: the stack runs with the descriptions of another folder, or its warehouse has
            another base currency.
    """
    folder = sources_dir(state)
    if folder != state.sources_dir() and stack.runs(state):
        raise StackError(
            f"the stack of SOURCE={state.source} runs with the sources of {state.sources_dir()}: "
            f"`make down` first, to start it with those of {folder}"
        )
    currency = base_currency(state, described)
    state.write("source.json", {"folder": str(folder), "base_currency": currency})


def sources_dir(state: State) -> Path:
    """Return the folder of user-defined sources: from the environment, otherwise from the state."""
    return Path(os.environ.get(SOURCES_DIR) or state.sources_dir()).absolute()


def base_currency(state: State, described: Sources) -> str:
    """Return the base currency: from the environment, the state, or the source's only currency.

    Raises:
        StackError: the code is no currency, or the warehouse has another base currency.
    """
    constant = {feed.constant_currency for feed in described.feeds.values()} - {None}
    is_new = not state.read("installed.json", {})
    only = min(filter(None, constant), default=None) if len(constant) == 1 else None
    kept = (only or state.base_currency()) if is_new else state.base_currency()
    currency = os.environ.get(BASE_CURRENCY) or kept
    if currency not in EXPONENTS:
        raise StackError(f"{BASE_CURRENCY}={currency} is no currency of ISO 4217")
    if currency != kept and not is_new:
        raise StackError(
            f"the warehouse of SOURCE={state.source} compares amounts in {kept}, not in "
            f"{currency}: leave {BASE_CURRENCY} out, or `make reset SOURCE={state.source}` first"
        )
    return currency


def existing(source: str | None, root: Path = ROOT) -> list[State]:
    """Return the stacks with state on this machine: that of one source, or all.

    Raises:
        StackError: no stack and no source has this name.
    """
    states = all_states(root)
    if source is None:
        return states
    state = State(_name(source), root)
    if state.folder.is_dir():
        return [state]
    folder = sources_dir(state)
    try:
        known = {*files.described(files.SHIPPED), *files.described(folder)}
    except ConfigurationError as error:
        raise StackError(str(error)) from error
    if state.source not in known:
        names = known | {other.source for other in states}
        raise StackError(files.unknown(state.source, names, folder))
    return []


def current(source: str | None, root: Path = ROOT) -> State | None:
    """Return the stack of a source, otherwise the running one, otherwise any with state."""
    states = existing(source, root)
    return next((state for state in states if stack.runs(state)), states[0] if states else None)


def _name(source: str) -> str:
    if files.is_path(source):
        raise StackError(
            f"SOURCE={source} is a path: give the name of the file without its suffix, and its "
            "folder as SCORING_SOURCES_DIR (default: sources)"
        )
    try:
        return files.check_name(source)
    except ConfigurationError as error:
        raise StackError(str(error)) from error
