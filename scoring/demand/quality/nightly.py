"""Forecast every night of a made world, as a nightly job with a pinned model does. Pure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from features.platform.arrays import Codes, Floats
from features.synthesize.stores.world import World
from scoring.demand import classes
from scoring.demand.past import at_night
from scoring.demand.promotions import HORIZON
from scoring.demand.quality import worlds


def forecaster(world: World, learns: int) -> tuple[Callable[[int], Floats], Codes]:
    """Return the means of a night, and the class of each series on the night that learns.

    The means are [S, 28]; a series without units in the look-back has means of 0.

    Args:
        world: with more than a year before the night that learns.
        learns: place of the night on which the model learns; later nights use this model.
    """
    history = worlds.history_of(world)
    model = worlds.learn(history, learns)
    past = at_night(history, learns)
    code = np.full(len(world.series), classes.NEW, dtype=np.int64)
    code[past.series] = classes.of(past)

    def means(place: int) -> Floats:
        known = at_night(history, place)
        units = np.zeros((len(world.series), HORIZON))
        units[known.series] = model.score(known.matrix).mean_units
        return units

    return means, code
