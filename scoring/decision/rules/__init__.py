"""Rules of a policy, with the meaning that Postgres gives them."""
