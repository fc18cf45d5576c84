"""Synthesize stores: merchants with stock, whose true demand per product, channel and day is known.

`world.make(plan)` makes the whole world as arrays. The files of the feeds and the truth follow
from these arrays, so a measurement without files sees the same world.
"""
