"""An equation of closure: a total, what it must be the sum of, and what else speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Equation:
    """A total, the terms that it must be the sum of, and what else speaks against the subject.

    Attributes:
        subject: what is counted.
        total: how much of it there is.
        terms: its parts, by name.
        faults: what does not hold though the terms may add up.
        notes: what was not checked.
    """

    subject: str
    total: int
    terms: dict[str, int]
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the terms add up, and nothing speaks against the subject."""
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
