"""Draws the tests of a gate for its page: each difference in units of its margin. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from scoring.models import curves
from scoring.models.gate_plan import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {
    Verdict.BETTER: "tab:green",
    Verdict.NOT_WORSE: "tab:blue",
    Verdict.CANNOT_TELL: "tab:grey",
    Verdict.WORSE: "tab:red",
}
#: Tests that fit on a page; the table has all of them.
MOST = 40
#: Margins on both sides of 0; wider intervals end at the border.
REACH = 5.0


def draw(comparison: Mapping[str, Any]) -> Figure:
    """Return the picture of a comparison.

    Args:
        comparison: the plain values of `Comparison.as_dict`, as a record keeps them.
    """
    tests = comparison["tests"][:MOST]
    figure, axes = curves.axes(
        f"Gate of {comparison['model']}: {comparison['verdict']}",
        "challenger minus champion, in margins: above 0 is better, below -1 is too much worse",
        "",
    )
    figure.set_size_inches(11, 1.5 + 0.32 * len(tests))
    for place, test in enumerate(tests):
        _draw_test(axes, place, test)
    axes.set_xlim(-REACH, REACH)
    axes.set_ylim(len(tests) - 0.5, -0.5)
    axes.set_yticks(range(len(tests)), [str(test["name"]) for test in tests])
    for label in axes.get_yticklabels():
        label.set_parse_math(False)  # the name of a segment is delivered data
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.axvline(-1.0, color="black", linewidth=0.8, linestyle="--")
    return figure


def _draw_test(axes: Axes, place: int, test: Mapping[str, Any]) -> None:
    """Draw the interval of a difference; write the numbers of any other test."""
    colour = _COLOURS[Verdict(test["verdict"])]
    weight = "bold" if test["role"] == "primary" else "normal"
    is_difference = test["detectable"] is not None and test["margin"]
    if is_difference and test["lower"] is not None:
        scaled = [float(test[name]) / test["margin"] for name in ("lower", "upper", "estimate")]
        lower, upper, estimate = np.clip(scaled, -REACH, REACH)
        axes.plot([lower, upper], [place, place], color=colour, linewidth=2)
        axes.plot([estimate], [place], marker="o", color=colour)
    else:
        axes.text(0.2, place, _numbers(test), va="center", fontsize="small", color=colour)
    axes.text(
        1.01,
        place,
        str(test["verdict"]),
        transform=axes.get_yaxis_transform(),
        va="center",
        color=colour,
        weight=weight,
    )


def _numbers(test: Mapping[str, Any]) -> str:
    if test["estimate"] is None:
        return "not measured"
    text = f"{test['estimate']:.3f}"
    if test["lower"] is not None and test["lower"] != test["upper"]:
        text += f" ({test['lower']:.3f} to {test['upper']:.3f})"
    return text
