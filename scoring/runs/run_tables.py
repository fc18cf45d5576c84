"""Name the tables of one run in schema `scored`."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RunTables:
    """The unlogged tables of one run in schema `scored`; they are dropped after publishing."""

    run_id: UUID

    @property
    def claim(self) -> str:
        """The rows that the run has claimed, with their chunk."""
        return f"scored.claim_{self.run_id.hex}"

    @property
    def features(self) -> str:
        """A view: the claimed rows' feature rows."""
        return f"scored.features_{self.run_id.hex}"

    @property
    def decisions(self) -> str:
        """The scored rows, with the columns of the ledger."""
        return f"scored.decisions_{self.run_id.hex}"
