"""Compare the challenger of a job with its champion on fresh matured weeks."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from features.platform.settings import get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, GatedJobArgument
from scoring.commands.working import working
from scoring.domains import JOBS

if TYPE_CHECKING:
    from scoring.promotion.gate import GateReceipt


def gate(job: GatedJobArgument = None, as_json: AsJson = False) -> int:
    """Compare the challenger of a job with its champion, by its gate plan.

    Both models score the same matured rows: whole weeks that neither model has learnt from and that
    no earlier gate has used. With too few weeks the gate compares nothing, uses nothing up, and
    says when enough will have matured. The verdict, the table and a picture are on the page of the
    version in MLflow.

    Status 1: a challenger has not passed, or waits.
    """
    # imports the registry's library, which takes seconds
    from scoring.promotion import gate as gates

    jobs = [job] if job else [each for each in JOBS.values() if each.comparison is not None]
    with working("gate"):
        receipts = [gates.run(each, get_settings(), getpass.getuser()) for each in jobs]
    show("\n".join(map(_text, receipts)), [each.as_dict() for each in receipts], as_json=as_json)
    return Status.of(all(each.passed for each in receipts if each.challenger_version))


def _text(receipt: GateReceipt) -> str:
    lines = [f"{receipt.model}: {receipt.reason}"]
    if receipt.table:
        lines += ["", receipt.table]
    return "\n".join(lines)
