"""Collect the verdict of each row of a chunk: its first reason for rejection, and the column."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from features.ingest.reasons import SENTENCES, RowReason

Mask = npt.NDArray[np.bool_]
_REASONS = tuple(RowReason)
_NUMBER = {reason: number for number, reason in enumerate(_REASONS)}


class Verdicts:
    """One verdict per row; a row keeps its first reason."""

    def __init__(self, rows: int) -> None:
        self._reason = np.full(rows, -1, np.int16)
        self._column = np.zeros(rows, np.int16)
        self._columns: list[str] = []
        self.remarks: Counter[str] = Counter()

    def reject(self, rows: Mask, reason: RowReason, column: str) -> None:
        """Reject the marked rows that have no earlier reason."""
        if not rows.any():
            return
        fresh = rows & (self._reason < 0)
        if column not in self._columns:
            self._columns.append(column)
        self._reason[fresh] = _NUMBER[reason]
        self._column[fresh] = self._columns.index(column)

    def remark(self, rows: Mask, remark: str) -> None:
        """Count rows that a remark concerns; a remark becomes a note of the delivery."""
        self.remarks[remark] += int(rows.sum())

    @property
    def passed(self) -> Mask:
        """Rows without a reason."""
        return self._reason < 0

    def rejected_columns(self) -> list[str]:
        """Return the column of each rejected row, in their order."""
        rows = self._reason >= 0
        return [self._columns[number] for number in self._column[rows].tolist()]

    def rejected(self) -> tuple[npt.NDArray[np.int64], list[RowReason], list[str]]:
        """Return positions, reasons and details of the rejected rows."""
        rows = np.flatnonzero(self._reason >= 0)
        reasons = [_REASONS[number] for number in self._reason[rows].tolist()]
        names = [self._columns[number] for number in self._column[rows].tolist()]
        details = [
            f"{name}: {SENTENCES[reason]}" for name, reason in zip(names, reasons, strict=True)
        ]
        return rows, reasons, details
