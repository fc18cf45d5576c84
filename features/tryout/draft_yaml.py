"""Write a draft as YAML: each guess below its reason, each gap as a TODO."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from features.feeds import FEEDS
from features.platform.card_numbers import mask_name
from features.tryout.drafts import PROVENANCE, Draft, Entry, FeedDraft
from features.tryout.guess_text import TextForm
from features.tryout.masking import cut, visible
from features.tryout.yaml_text import flow, scalar

_WIDTH = 96


def text_of(draft: Draft, tried: Sequence[str] = ()) -> str:
    """Return the text of a description.

    Args:
        draft: the guesses.
        tried: sentences on how the draft reads the sampled rows.
    """
    return "\n".join(_lines(draft, tried)) + "\n"


def _lines(draft: Draft, tried: Sequence[str]) -> Iterable[str]:
    file = shown(draft.file)
    yield f"# Draft from {draft.sample.rows:,} sampled rows of {file}. Every line is a guess:"
    yield "# read it, answer TODO and CHECK, and then run"
    yield f"#   vesper sources check {draft.name} FILE"
    for sentence in (*tried, *draft.notes):
        yield from _comment(sentence, "")
    yield f"description: {scalar(f'Rows of {file}')}   # TODO: a sentence of your own"
    for entry in draft.keys:
        yield from _entry(entry, "")
    yield from _comment(
        "TODO: rows before this moment are history, learnt from and never decided; null: only "
        "files under history/ are",
        "",
    )
    yield "decide_from: null"
    yield from _comment("TODO: days until a transaction without a complaint counts as good", "")
    yield "maturity_days: 30"
    yield f"provenance_rank: [{_provenance(draft)}]   # the parties that report frauds or defaults"
    yield from _form(draft)
    yield ""
    yield "feeds:"
    for place, feed in enumerate(draft.feeds):
        if place:
            yield ""
        yield from _feed(feed, draft)
    if draft.unread:
        yield ""
        yield "    # delivered columns that are not read: no canonical column was found for them"
        for name in draft.unread[:200]:
            yield f"    #   {shown(name)}"


def _form(draft: Draft) -> Iterable[str]:
    """Yield the keys of the form of text files, where it differs from the defaults."""
    form, sample = draft.sample.text, draft.sample
    if sample.records:
        yield f"json: {flow({'records': sample.records})}   # the list of rows in the document"
    if form is None:
        return
    if form.encoding != "utf-8":
        is_sure = form.encoding.startswith("utf")
        yield f"encoding: {form.encoding}" + (
            "" if is_sure else "   # CHECK: look at letters with accents"
        )
    if form.header:
        yield "# CHECK: the first line looks like a row, so the columns have made-up names"
    if keys := _csv_keys(form, sample.format):
        yield "csv:"
        yield from (f"  {key}: {flow(value)}" for key, value in keys.items())


def _csv_keys(form: TextForm, kind: str) -> dict[str, object]:
    usual = TextForm("", "", delimiter={"csv": ",", "tsv": "\t"}.get(kind, ""))
    names = ("delimiter", "quote", "quoting", "escape", "multiline_fields", "final_line_break",
             "skip_lines", "header")  # fmt: skip
    return {name: value for name in names if (value := getattr(form, name)) != getattr(usual, name)}


def _feed(feed: FeedDraft, draft: Draft) -> Iterable[str]:
    for comment in feed.comments:
        yield from _comment(comment, "  ")
    yield f"  {feed.name}:"
    yield f"    formats: [{draft.sample.format}]"
    if feed is not draft.feeds[0]:
        yield f"    folder: landing/{draft.name}/{draft.feeds[0].name}   # the same files"
    yield "    columns:"
    yield from _columns(feed)
    yield from _choice(feed)
    optional = [name for name in feed.columns if not FEEDS[feed.name].column(name).is_required]
    optional = [name for name in optional if name not in ("provenance", "kind")]
    if optional:
        yield "    # a file may lack these"
        yield from _list("optional", optional)
    if feed.numeric_id:
        yield "    # long numbers of your own, which may pass for card numbers by chance"
        yield from _list("numeric_id", feed.numeric_id)
    for entry in feed.keys:
        yield from _entry(entry, "    ")
    if feed.refused:
        yield "    # never read; move a column out of this list only with a reason"
        yield "    refused:"
        for refusal in feed.refused:
            yield f"      - {scalar(refusal.name)}   # {refusal.reason}"


def _columns(feed: FeedDraft) -> Iterable[str]:
    """Yield the columns; those that only their names identify share one comment."""
    is_named = False
    for entry in feed.columns.values():
        if not entry.comments and not is_named:
            yield "      # by their names:"
        is_named = not entry.comments
        yield from _entry(entry, "      ")


def _list(name: str, values: Sequence[str]) -> Iterable[str]:
    """Yield a list on one line, or in lines if it is long."""
    line = f"    {name}: {flow(list(values))}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"    {name}:"
    yield from (f"      - {scalar(value)}" for value in values)


def _choice(feed: FeedDraft) -> Iterable[str]:
    """Yield the canonical columns without a guess."""
    names = [
        column.name
        for column in FEEDS[feed.name].columns
        if (column.name not in feed.columns or column.name in feed.missing)
        and not (column.is_required and column.name not in feed.columns)
    ]
    if names:
        yield from _comment(f"canonical columns without a guess: {', '.join(names)}", "      ")


def _entry(entry: Entry, indent: str) -> Iterable[str]:
    for comment in entry.comments:
        yield from _comment(comment, indent)
    if entry.value is None and entry.name != "time_zone":
        yield f"{indent}# {entry.name}: "
        return
    line = f"{indent}{entry.name}: {flow(entry.value)}"
    if len(line) <= _WIDTH or not isinstance(entry.value, Mapping):
        yield line
        return
    yield f"{indent}{entry.name}:"
    yield from (f"{indent}  {scalar(key)}: {flow(each)}" for key, each in entry.value.items())


def _comment(text: str, indent: str) -> Iterable[str]:
    """Yield a comment in lines of at most 100 characters."""
    line = f"{indent}#"
    for word in visible(text).split(" "):
        if len(line) + len(word) + 1 > _WIDTH and line.strip() != "#":
            yield line
            line = f"{indent}#  "
        line += f" {word}"
    yield line


def _provenance(draft: Draft) -> str:
    has_labels = any(
        feed.name.endswith("labels") or any(entry.name == "inline_label" for entry in feed.keys)
        for feed in draft.feeds
    )
    return PROVENANCE if has_labels else ""


def shown(name: str) -> str:
    """Return a name of a file or column as a comment may show it."""
    return cut(visible(mask_name(name)), 80) or "(a column without a name)"
