"""`python -m features`: the data side from a terminal, over the functions that the tasks call."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

import psycopg
import structlog

from features.platform import logs
from features.platform.errors import ScoringError
from features.platform.settings import get_settings

_COMMANDS = ("features.ingest.cli", "features.synthesize.cli")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 something was held."""
    # receipts go to standard output, the log beside it
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    logs.install()
    parser = argparse.ArgumentParser(prog="python -m features", description=__doc__)
    parser.set_defaults(settings=get_settings)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in _COMMANDS:
        import_module(module).add_parser(subparsers)
    args = parser.parse_args(arguments)
    try:
        status = args.run(args)
    except ScoringError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        where = get_settings().warehouse
        print(
            f"the warehouse at {where.host}:{where.port} does not answer ({type(error).__name__}); "
            "start it with `make up`",
            file=sys.stderr,
        )
        return 1
    return int(status or 0)


if __name__ == "__main__":
    sys.exit(main())
