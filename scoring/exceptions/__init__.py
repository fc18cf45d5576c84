"""Exceptions from the policy as data: proposed, approved, withdrawn, and pinned by runs."""
