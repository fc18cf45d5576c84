"""Decisions: the versioned policy, its rules, and the merge of scores and hits into an outcome."""
