"""Give up a delivery, by the decision of a person."""

from __future__ import annotations

from contextlib import closing

from features.ingest import deliveries
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, DeliveryArgument, ReasonOption


def discard(delivery: DeliveryArgument, reason: ReasonOption, as_json: AsJson = False) -> int:
    """Discard a parsed or held delivery."""
    with closing(sessions.connect("ingest", autocommit=False)) as connection:
        deliveries.discard(delivery, reason, connection)
    line = f"discarded {delivery}; to ingest the file, deliver it again"
    show(line, [{"delivery_id": str(delivery), "state": "discarded"}], as_json=as_json)
    return Status.HOLDS
