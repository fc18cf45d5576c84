"""Writes a generated page, or checks that it is current."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def write(page: Path, text: str, program: str, arguments: Sequence[str] | None) -> int:
    """Write a page, or with `--check` compare it.

    Args:
        page: the file.
        text: the content that the code gives.
        program: name of the generator in its help.
        arguments: of the command line; None takes those of the process.

    Returns:
        the exit status: 1 if a checked page is stale.
    """
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    if parser.parse_args(arguments).check:
        return int(page.read_text() != text)
    page.write_text(text)
    return 0
