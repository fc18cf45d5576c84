"""Defines the errors of decisions about model versions."""

from __future__ import annotations

from features.platform.errors import ConfigurationError


class PromotionRefusedError(ConfigurationError):
    """A version may not be promoted, rejected or rolled back to; nothing was written or moved."""


class PromotionVoidError(ConfigurationError):
    """The version or the verdict that a person approved has changed; nothing was moved."""
