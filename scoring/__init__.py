"""The decision side: settings, registry, store, ledger, policy, and one package per domain."""
