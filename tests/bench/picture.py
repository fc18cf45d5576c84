"""Draw one picture: seconds per million rows by stage, for every measurement."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.bench.sides import STAGES, Measured


def draw(measured: Mapping[str, Measured], target: Path) -> None:
    """Draw stacked bars, one per measurement, and write them as PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    drawn = {name: one for name, one in measured.items() if one.rows}  # an empty hour has no rate
    names = list(drawn)
    figure, axes = plt.subplots(figsize=(10, 1.5 + 0.35 * len(names)), layout="constrained")
    left = [0.0] * len(names)
    for stage in (*STAGES, "all"):
        widths = [
            1e6 / one.rows * (one.stage(stage) if stage in STAGES else one.seconds.get("all", 0.0))
            for one in drawn.values()
        ]
        if any(widths):
            axes.barh(names, widths, left=left, label={"build": "features"}.get(stage, stage))
            left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel("seconds per million rows")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right")
    figure.savefig(target, dpi=110)
    plt.close(figure)
