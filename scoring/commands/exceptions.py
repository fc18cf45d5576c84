"""Except a customer or merchant from the policy for a time, by two persons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import psycopg
import typer

from features.platform.errors import ConfigurationError
from features.platform.moments import parse_moment
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, ReasonOption, exception_named, import_named
from scoring.decision.policy import activations
from scoring.exceptions import proposal_file, register
from scoring.exceptions.proposal import Kind, Proposal, require_sound

HELP = "Except a customer or merchant from the policy for a time: allow-list and suppressions."

app = typer.Typer(help=HELP, no_args_is_help=True)

PersonOption = Annotated[str, typer.Option("--person", help="The person who answers for it.")]
ExceptionsArgument = Annotated[
    list[UUID] | None,
    typer.Argument(
        parser=exception_named, metavar="EXCEPTION...", help="Ids of exceptions, from the list."
    ),
]
ImportOption = Annotated[
    UUID | None,
    typer.Option(
        "--import",
        parser=import_named,
        metavar="IMPORT",
        help="Every proposed exception of an imported file.",
    ),
]
_SHOWN = 10


@app.command()
def add(
    kind: Annotated[Kind, typer.Option("--kind", help="allow_list or suppression.")],
    until: Annotated[
        datetime,
        typer.Option("--until", parser=parse_moment, metavar="INSTANT", help="End, exclusive."),
    ],
    person: PersonOption,
    reason: ReasonOption,
    customer: Annotated[str | None, typer.Option("--customer", help="Id of a customer.")] = None,
    merchant: Annotated[str | None, typer.Option("--merchant", help="Id of a merchant.")] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", help="The rule that a suppression silences.")
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(
            "--from", parser=parse_moment, metavar="INSTANT", help="Start; now if left out."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Propose an exception; it holds once a second person approves it."""
    with sessions.connect() as connection:
        moment = register.now(connection)
        proposal = Proposal(
            kind=kind,
            customer_id=customer,
            merchant_id=merchant,
            rule_id=rule,
            effective_from=start or moment,
            effective_until=until,
            person=person,
            reason=reason,
        )
        require_sound(proposal, activations.in_force(connection), moment)
        (exception_id,) = register.propose(connection, [proposal])
        unseen = register.unseen(connection, [proposal])
    lines = [
        f"exception {exception_id} is proposed; another person puts it in force with "
        f"`vesper exceptions approve {exception_id}`",
        *_warnings(unseen),
    ]
    show(lines, {"exception_id": exception_id, "unseen_customers": unseen}, as_json=as_json)
    return Status.HOLDS


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV: " + ",".join(proposal_file.COLUMNS))
    ],
    person: PersonOption,
    as_json: AsJson = False,
) -> int:
    """Propose the exceptions of a file; refused lines are kept with their reason."""
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "its name is no path"
        raise ConfigurationError(f"{str(file)!a} cannot be read: {cause}") from None
    import_id = uuid4()
    with sessions.connect() as connection:
        moment = register.now(connection)
        policy = activations.in_force(connection)
        proposals, rejected = proposal_file.read(content, person, policy, moment)
        register.propose(connection, proposals, rejected, import_id)
        unseen = register.unseen(connection, proposals)
    lines = [
        f"import {import_id}: {len(proposals)} proposed, {len(rejected)} refused",
        *(f"  line {each.line}: {_shown(each.reason)}" for each in rejected[:_SHOWN]),
        *([f"  and {len(rejected) - _SHOWN} more"] if len(rejected) > _SHOWN else []),
        *_warnings(unseen),
    ]
    document = {
        "import_id": import_id,
        "proposed": len(proposals),
        "rejected": rejected,
        "unseen_customers": unseen,
    }
    show(lines, document, as_json=as_json)
    return Status.of(not rejected)


@app.command()
def approve(
    person: PersonOption,
    reason: ReasonOption,
    exceptions: ExceptionsArgument = None,
    import_id: ImportOption = None,
    as_json: AsJson = False,
) -> int:
    """Approve proposed exceptions of another person; the next claims pin them."""
    with sessions.connect() as connection:
        ids = _named(connection, exceptions, import_id)
        register.approve(connection, ids, person=person, reason=reason)
    line = f"{len(ids)} approved by {_shown(person)}; runs pin them from their next claim on"
    show(line, {"approved": ids}, as_json=as_json)
    return Status.HOLDS


@app.command()
def withdraw(
    exceptions: ExceptionsArgument,
    person: PersonOption,
    reason: ReasonOption,
    as_json: AsJson = False,
) -> int:
    """Withdraw exceptions; decisions that they changed stay, and replay as they were."""
    with sessions.connect() as connection:
        ids = _named(connection, exceptions, None)
        register.withdraw(connection, ids, person=person, reason=reason)
    line = f"{len(ids)} withdrawn; runs that have pinned them stay as they are"
    show(line, {"withdrawn": ids}, as_json=as_json)
    return Status.HOLDS


@app.command("list")
def list_(
    is_history: Annotated[
        bool, typer.Option("--all", help="Also those that are withdrawn or over.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=10_000, help="How many exceptions at most.")
    ] = 50,
    as_json: AsJson = False,
) -> int:
    """List the exceptions, newest first."""
    with sessions.connect() as connection:
        rows = register.listing(connection, is_history=is_history, limit=limit)
    show(list(_lines(rows)) or "no exception", {"exceptions": rows}, as_json=as_json)
    return Status.HOLDS


def _named(
    connection: psycopg.Connection[Any], ids: list[UUID] | None, import_id: UUID | None
) -> list[UUID]:
    if ids and import_id is None:
        return list(dict.fromkeys(ids))
    if import_id is not None and not ids:
        return register.of_import(connection, import_id)
    raise ConfigurationError("name exceptions by their ids, or a file by --import")


def _warnings(unseen: Sequence[str]) -> list[str]:
    if not unseen:
        return []
    names = ", ".join(_shown(name) for name in unseen[:_SHOWN])
    more = f" and {len(unseen) - _SHOWN} more" if len(unseen) > _SHOWN else ""
    return [f"warning: no payment and no application is known of {names}{more}; check the id"]


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        of = "customer" if row["customer_id"] is not None else "merchant"
        what = "allow-list" if row["kind"] == Kind.ALLOW_LIST else f"no rule {row['rule_id']}"
        yield (
            f"{row['exception_id']}  {row['state']:9}  {what} for {of} {_shown(row[f'{of}_id'])}, "
            f"{row['effective_from']:%Y-%m-%d %H:%M} to {row['effective_until']:%Y-%m-%d %H:%M} UTC"
        )
        yield f"    {_shown(row['person'])}, {row['recorded_at']:%Y-%m-%d}: {_shown(row['reason'])}"
        if row["approver"] is not None:
            yield f"    approved by {_shown(row['approver'])}, {row['approved_at']:%Y-%m-%d}"
        if row["withdrawn_at"] is not None:
            yield (
                f"    withdrawn by {_shown(row['withdrawn_by'])}, "
                f"{row['withdrawn_at']:%Y-%m-%d}: {_shown(row['withdrawn_because'])}"
            )


def _shown(text: str) -> str:
    """Return a text that cannot steer a terminal."""
    return text if text.isprintable() else ascii(text)
