"""The decision side: settings, registry, store, ledger, policy, and one package per domain."""

import features  # noqa: F401 - takes the digest of the code before any module here is read
