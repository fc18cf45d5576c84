"""Compare a model of an event with a simpler one on the same test rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from features.platform.arrays import Codes, Flags, Floats
from scoring.models import evaluation
from scoring.models.evaluation import Interval, Ranking

TITLES = {"auc_roc": "AUC", "average_precision": "average precision"}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A model against a simpler one.

    Args:
        name: of the simpler model.
        model: the measures of the model, by name.
        simple: the measures of the simpler one.
        gain: their difference, with its interval over customers.
    """

    name: str
    model: Mapping[str, float]
    simple: Mapping[str, float]
    gain: Mapping[str, Interval]

    @property
    def metrics(self) -> dict[str, float]:
        """The gains as metrics of a registered model."""
        return {
            f"{name}_gain{suffix}": round(value, 6)
            for name, gain in self.gain.items()
            for suffix, value in (("", gain.value), ("_low", gain.low), ("_high", gain.high))
        }

    @property
    def is_worth_it(self) -> bool:
        """Whether the model ranks better than the simpler one for certain, by the AUC."""
        return self.gain["auc_roc"].low > 0


def against(
    name: str, is_event: Flags, customer: Codes, model: Floats, simple: Floats
) -> Benchmark:
    """Compare two scores of the same rows.

    Args:
        name: of the simpler model.
        is_event: [n].
        customer: [n] a code per customer, from 0.
        model: [n] the scores of the model.
        simple: [n] the scores of the simpler one.
    """
    ours, theirs = Ranking(is_event, model), Ranking(is_event, simple)
    return Benchmark(
        name,
        {"auc_roc": ours.auc_roc(), "average_precision": ours.average_precision()},
        {"auc_roc": theirs.auc_roc(), "average_precision": theirs.average_precision()},
        {
            "auc_roc": evaluation.interval(
                lambda weight: ours.auc_roc(weight) - theirs.auc_roc(weight), customer
            ),
            "average_precision": evaluation.interval(
                lambda weight: ours.average_precision(weight) - theirs.average_precision(weight),
                customer,
            ),
        },
    )


def as_markdown(benchmark: Benchmark) -> str:
    """Return the comparison as a table with its conclusion."""
    verdict = (
        "The model ranks better than the benchmark: its whole interval of the gain in AUC is "
        "above 0."
        if benchmark.is_worth_it
        else "The test rows do NOT show that the model ranks better than the benchmark."
    )
    return "\n".join(
        [
            f"The benchmark is {benchmark.name}. Both score the same test rows.",
            "",
            "| measure | model | benchmark | gain |",
            "| --- | ---: | ---: | ---: |",
            *(
                f"| {title} | {benchmark.model[name]:.3f} | {benchmark.simple[name]:.3f} | "
                f"{_signed(benchmark.gain[name])} |"
                for name, title in TITLES.items()
            ),
            "",
            verdict,
        ]
    )


def _signed(gain: Interval) -> str:
    return f"{gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"
