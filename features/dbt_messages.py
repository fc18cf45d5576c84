"""Read the messages of a failed dbt build: is the server gone, and which words may be shown.

dbt reports a failure as text. Whether a retry can help, and where a value of a row begins, is only
in that text.
"""

from __future__ import annotations

import re

from features.platform.errors import ContractError, WarehouseUnavailableError

#: What libpq and Postgres say where the server went away, or is not there yet.
_SERVER_GONE = re.compile(
    r"server closed the connection|terminating connection|connection (?:refused|reset|timed out)|"
    r"connection to server .* failed|could not (?:connect|translate host)|"
    r"could not (?:send|receive) data (?:to|from) server|the database system is|"
    r"no connection to the server|(?:connection|cursor) already closed|connection is closed|"
    r"SSL (?:connection has been closed|SYSCALL)|EOF detected|timeout expired|broken pipe|"
    r"unexpected postmaster exit|a crash of the server|too many (?:clients|connections)|"
    r"connection slots|OperationalError",
    re.IGNORECASE,
)


def is_server_gone(told: str) -> bool:
    """Tell a server that went away from a model that is wrong: only the first ends at a retry."""
    return _SERVER_GONE.search(told) is not None


def failure(told: str, message: str) -> ContractError | WarehouseUnavailableError:
    """Return the error of a failed build: one that a retry may cure, or one that it cannot."""
    return (WarehouseUnavailableError if is_server_gone(told) else ContractError)(message)


def scrubbed(message: str | None) -> str:
    """Keep what the database says went wrong, without the values that it quotes."""
    lines = [line.strip() for line in (message or "no message").splitlines()]
    kept = []
    for line in lines:
        if re.match(r"(DETAIL|CONTEXT|HINT|LINE \d+|compiled code)\b", line):
            break
        kept.append(line)
    text = " ".join(line for line in kept if line)
    return re.sub(r"(invalid|out of range|malformed)([^:]*): .*", r"\1\2", text)[:500]
