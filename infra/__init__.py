"""How it runs: images, Postgres, the local runner."""
