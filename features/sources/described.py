"""Holds the base of all models of a description."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Described(BaseModel):
    """A part of a description, frozen and without unknown keys.

    `Document.validate` reads a file as strict JSON. A `mode="before"` validator of a whole part
    would pass Python objects on, and lists would no longer be read as tuples and sets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
