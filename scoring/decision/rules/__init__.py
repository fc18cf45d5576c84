"""Rules of a policy, with the semantics of Postgres."""
