"""Build the features that a job decides on."""

from __future__ import annotations

from dataclasses import asdict

from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobArgument
from scoring.commands.working import working


def build(job: JobArgument, as_json: AsJson = False) -> int:
    """Append the features of every admitted row version that has none."""
    with working("build"):
        receipt = sessions.pipeline(job).build()
    rate = receipt.rows_added / receipt.seconds if receipt.seconds else 0.0
    show(
        f"{receipt.rows_added:,} feature rows added in {receipt.seconds:.1f} s "
        f"({rate:,.0f} rows/s)",
        asdict(receipt) | {"rows": dict(receipt.rows), "rows_added": receipt.rows_added},
        as_json=as_json,
    )
    return Status.HOLDS
