"""Proofs about past runs: closure, seals, replay and explanations."""
