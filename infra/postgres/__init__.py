"""Set up Postgres: roles, databases, migrations."""
