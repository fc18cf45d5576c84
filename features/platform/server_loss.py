"""Recognise the loss of the server in the message of a tool that hides the driver's error.

dbt passes on text alone. Where the driver's error itself is at hand, `database.py` decides by its
SQLSTATE.
"""

from __future__ import annotations

import re

#: What libpq and Postgres report where the server went away, or is not there yet.
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


def is_server_gone(message: str) -> bool:
    """Return whether the server went away; a model that is wrong fails again at a retry."""
    return _SERVER_GONE.search(message) is not None
