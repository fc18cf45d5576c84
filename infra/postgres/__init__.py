"""Postgres: roles, databases, migrations."""
