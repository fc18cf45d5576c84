"""State for each reason of a hold the YAML key, or the action, that changes the verdict."""

from __future__ import annotations

from dataclasses import dataclass

from features.ingest.reasons import HoldReason

_NEXT = "; next: "


@dataclass(frozen=True, slots=True)
class HoldRemedy:
    """The next step for a held delivery.

    Args:
        text: one sentence without its full stop; keys are in backticks.
        keys: the keys of a source's YAML that the text names, as `feed key` or `part.key`.
    """

    text: str
    keys: tuple[str, ...] = ()


HOLD_REMEDIES: dict[HoldReason, HoldRemedy] = {
    HoldReason.UNSAFE_NAME: HoldRemedy("deliver the file under another name"),
    HoldReason.UNKNOWN_FORMAT: HoldRemedy(
        "list the format under `formats`, or deliver the file with the suffix of its format",
        ("formats",),
    ),
    HoldReason.NAME_WITHOUT_VALUE: HoldRemedy(
        "correct the pattern of the file's name under `columns`, or deliver the file under a name "
        "that has the value",
        ("columns",),
    ),
    HoldReason.WRONG_ENCODING: HoldRemedy(
        "state the `encoding` of the files, or deliver them as UTF-8", ("encoding",)
    ),
    HoldReason.TRUNCATED: HoldRemedy(
        "deliver the whole file; for complete files of this form, `csv.final_line_break: optional` "
        "accepts a last line without its end, and `csv.quoting: none` reads quotes as text",
        ("csv.final_line_break", "csv.quoting"),
    ),
    HoldReason.UNREADABLE: HoldRemedy(
        "deliver the file again: it is broken, or its suffix is of another format"
    ),
    HoldReason.MULTILINE_FIELD: HoldRemedy(
        "`csv.multiline_fields: true` accepts fields over several lines, and `csv.quoting: none` "
        "reads quotes as text",
        ("csv.multiline_fields", "csv.quoting"),
    ),
    HoldReason.STRAY_QUOTE: HoldRemedy(
        "`csv.quoting: none` reads quotes as text, if the source never encloses a field in them",
        ("csv.quoting",),
    ),
    HoldReason.TOO_LARGE: HoldRemedy("deliver the rows in several smaller files"),
    HoldReason.MISSING_COLUMN: HoldRemedy(
        "correct the delivered name under `columns`, list the column under `optional`, or correct "
        "`csv.delimiter`; `match_header: folded` ignores case and blanks, and `csv.header` names "
        "the columns of files without a header",
        ("columns", "optional", "csv.delimiter", "match_header", "csv.header"),
    ),
    HoldReason.DUPLICATE_COLUMN: HoldRemedy(
        "deliver the file with each name once in its header; or skip the header with "
        "`csv.skip_lines: 1` and name all columns in `csv.header`",
        ("csv.skip_lines", "csv.header"),
    ),
    HoldReason.WRONG_TYPE: HoldRemedy(
        "deliver the column as text or as whole numbers, or name another one under `columns`",
        ("columns",),
    ),
    HoldReason.TOO_MANY_BAD_ROWS: HoldRemedy(
        "`vesper deliveries show` lists the rows and the key for each reason; "
        "`tolerated_bad_share` is the share that holds no file",
        ("tolerated_bad_share",),
    ),
    HoldReason.TOO_MANY_DAYS: HoldRemedy("deliver the rows in several files of fewer days"),
    HoldReason.SAME_APPLICANT: HoldRemedy(
        "list the placeholder under `null_tokens`; `is_applicant_unknown: true` is for a source "
        "that names no applicants",
        ("null_tokens", "is_applicant_unknown"),
    ),
    HoldReason.HISTORY_REFUSED: HoldRemedy(
        "discard the delivery, and deliver the rows outside the folder `history`"
    ),
    HoldReason.READER_FAILED: HoldRemedy(
        "deliver the file in another format, and report the error: the reader should name the fault"
    ),
    HoldReason.STORE_FAILED: HoldRemedy(
        "check the permissions of the object; the next ingest reads it again"
    ),
    HoldReason.LANDED_ROWS_LOST: HoldRemedy("wait: the next ingest takes the file again"),
    HoldReason.LEDGER_REFUSED: HoldRemedy(
        "discard the delivery, and deliver the file without that value"
    ),
    HoldReason.NOT_DESCRIBED: HoldRemedy(
        "describe the feed under `feeds` of the source, or discard the delivery", ("feeds",)
    ),
    HoldReason.IDS_OF_ANOTHER_SOURCE: HoldRemedy(
        "state a prefix for the id under `columns`, or `shares_ids: true` for corrections",
        ("columns", "shares_ids"),
    ),
}


def reason_of(text: str | None) -> HoldReason | None:
    """Return the code with which a stored reason begins, or None for a reason of a gate."""
    code = (text or "").partition(":")[0]
    return HoldReason(code) if code in set(HoldReason) else None


def taught(reason: str) -> str:
    """Return the reason of a hold with its next step, which is added once."""
    code = reason_of(reason)
    if code is None or _NEXT in reason:
        return reason
    return f"{reason.rstrip('.')}{_NEXT}{HOLD_REMEDIES[code].text}"
