"""List the sources, draft the description of a file, and check a file before it is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from features.platform.errors import ConfigurationError
from features.platform.settings import Settings, get_settings
from features.sources import descriptions, files
from features.tryout import check_text, next_steps, trial
from features.tryout.check_page import page
from features.tryout.draft import draft_of
from features.tryout.draft_trial import tried
from features.tryout.findings import FeedCheck
from features.tryout.sample import sample_of
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson
from scoring.commands.working import working

FILE_WIDTH = 160  # a file has no width of its own, and a table would fold at 80

app = typer.Typer(
    help="Describe files of one's own, and try them before they are loaded.", no_args_is_help=True
)


@app.command("list")
def list_sources(as_json: AsJson = False) -> int:
    """List the sources by name: the shipped ones and one's own."""
    settings = get_settings()
    folders = (files.SHIPPED, settings.sources_dir)
    rows = [
        _described(path, settings)
        for folder in folders
        for paths in files.described(folder).values()
        for path in paths
    ]
    lines = [f"{row['name']:24} {row['feeds']:50} {row['file']}" for row in rows]
    lines.append(f"Your own descriptions are YAML files in {settings.sources_dir}.")
    lines.append("Next: vesper sources draft FILE writes a first one")
    show(lines, rows, as_json=as_json)
    return Status.HOLDS


def _described(path: Path, settings: Settings) -> dict[str, str]:
    try:
        source = descriptions.load(str(path), folder=settings.sources_dir)
    except ConfigurationError as error:
        wrong = str(error).splitlines()[0]
        return {"name": path.stem, "feeds": f"wrong: {wrong}", "file": str(path)}
    return {"name": source.name, "feeds": ", ".join(source.feeds), "file": str(path)}


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sample of your files.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="YAML", help="File to write; its stem is the name of the source."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file of --out.")] = False,
    as_json: AsJson = False,
) -> int:
    """Write a first description of a file: a guess for each key, with its reason as a comment.

    The draft is tried on the file by the rules of ingest. Columns that leak the label or look
    personal are listed under `refused`. No value of a row is printed but words of small
    vocabularies, such as those of labels.
    Status 1: a required column has no guess, or ingest would hold the file.
    """
    settings = get_settings()
    _check_target(out, force=force)
    with working("draft"):
        base = settings.warehouse.base_currency
        drafted = draft_of(sample_of(file), base_currency=base)
        if out is not None:
            drafted.name = files.check_name(out.stem)
        result = tried(drafted, file)
    if out is not None:
        _write(out, result.text, "--out YAML")
    name = f"{out}" if out else f"{settings.sources_dir}/{drafted.name}.yaml"
    steps = [
        f"Answer every TODO and CHECK in {name}"
        if out
        else f"Save it as {name}: repeat with --out",
        f"Read the whole file by it: vesper sources check {drafted.name} {file}",
    ]
    if as_json:
        document = {
            "name": drafted.name,
            "yaml": result.text,
            "file": str(out) if out else None,
            "problem": result.problem,
            "tried": [_feed_document(each) for each in result.checks],
            "next": steps,
        }
        show("", document, as_json=True)
    elif out is None:
        sys.stdout.write(result.text)
        sys.stderr.write("".join(f"Next: {step}\n" for step in steps))
    else:
        lines = [check_text.verdict(each) for each in result.checks]
        lines += [result.problem] if result.problem else []
        show([f"Wrote {out}", *lines, *(f"Next: {step}" for step in steps)], None, as_json=False)
    return Status.of(bool(result.checks) and all(each.is_admitted for each in result.checks))


def _check_target(out: Path | None, *, force: bool) -> None:
    if out is None:
        return
    if out.suffix.casefold() not in files.SUFFIXES:
        raise ConfigurationError(f"--out {out}: a description ends with .yaml")
    files.check_name(out.stem)
    if out.exists() and not force:
        raise ConfigurationError(f"{out} exists: give another --out, or --force to overwrite it")


@app.command()
def check(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of a source, or its YAML file.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to try.")],
    feed: Annotated[
        str | None,
        typer.Option("--feed", help="Feed of the file; default: by the columns of the file."),
    ] = None,
    others: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="FEED=FILE",
            help="A further file or folder of the source, joined by its key; may be repeated.",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="PATH", help="The page; default: in .local/reports."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Read a whole file by the rules of ingest, report on it, and write nothing to the warehouse.

    The report has rejected rows by reason with masked examples, the option that would accept them,
    times, amounts, labels, duplicates and joins, as a table and as a page. Needs no database.
    Status 1: ingest would hold the file.
    """
    settings = get_settings()
    path = files.find(name, settings.sources_dir)
    sources = descriptions.load(name, folder=settings.sources_dir)
    with working("check"):
        checks = trial.trial_of(file, sources, feed=feed, joins=others or ())
    steps = next_steps.next_steps(checks, sources, str(file), str(path))
    target = html or settings.home / ".local" / "reports" / f"check_{sources.name}.html"
    text = page(checks, description=sources.description, steps=steps, moment=datetime.now(UTC))
    _write(target, text, "--html PATH")
    if as_json:
        show("", _document(checks, steps, target), as_json=True)
    else:
        _print(checks, steps, target)
    return Status.of(all(each.is_admitted for each in checks))


def _write(target: Path, text: str, option: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{target} cannot be written: {error.strerror}; give another {option}"
        ) from error


def _document(checks: Sequence[FeedCheck], steps: Sequence[str], target: Path) -> dict[str, Any]:
    feeds = [_feed_document(each) for each in checks]
    return {"feeds": feeds, "page": str(target), "next": list(steps)}


def _feed_document(check: FeedCheck) -> dict[str, Any]:
    return {
        **asdict(check),
        "days": {day.isoformat(): rows for day, rows in check.days.items()},
        "verdict": "admitted" if check.is_admitted else "held",
        "accepted": check.accepted,
        "rejected": check.rejected,
    }


def _print(checks: Sequence[FeedCheck], steps: Sequence[str], target: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH)
    for each in checks:
        console.print(Text(check_text.verdict(each)))
        console.print(Text("\n".join(f"  {line}" for line in check_text.facts(each))))
        for grid in check_text.tables(each):
            console.print()
            console.print(Text(grid.heading))
            table = Table(*grid.columns, box=None, pad_edge=False, padding=(0, 2))
            for row in grid.rows:
                table.add_row(*map(Text, row))
            console.print(table)
        for note in each.notes:
            console.print(Text(f"note: {note}"))
        console.print()
    console.print(Text(f"Page: {target}"))
    console.print(Text("\n".join(f"Next: {step}" for step in steps)))
