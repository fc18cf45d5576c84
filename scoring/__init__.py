"""Holds the decision side: runs, steps, models, policies, evidence, and one package per domain."""

import features  # noqa: F401 - takes the digest of the code before any module here is read
