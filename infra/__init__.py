"""Run the platform: images, Postgres, the local stack."""
