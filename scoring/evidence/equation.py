"""Defines an equation of closure: a total, its terms, and further faults of its subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Equation:
    """A total, the terms that must sum to it, and further faults of its subject.

    Attributes:
        subject: the counted things.
        total: their number.
        terms: its parts, by name.
        faults: faults that can exist even if the terms add up.
        notes: the limits of the check.
    """

    subject: str
    total: int
    terms: dict[str, int]
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the terms add up, and the subject has no fault."""
        return self._adds_up and not self.faults

    @property
    def _adds_up(self) -> bool:
        return self.total == sum(self.terms.values())

    def __str__(self) -> str:
        terms = " + ".join(f"{count} {name}" for name, count in self.terms.items())
        equation = f"{self.subject}: {self.total} {'=' if self._adds_up else '≠'} {terms}"
        return "; ".join([equation, *self.faults])


def of_counts(
    subject: str, counts: Sequence[int], terms: Sequence[str], faults: tuple[str, ...] = ()
) -> Equation:
    """Return the equation of a total and its parts, in the order of the terms' names."""
    total, *parts = counts
    return Equation(subject, total, dict(zip(terms, parts, strict=True)), faults)
