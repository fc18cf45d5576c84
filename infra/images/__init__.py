"""Provide the image's own programs beside Airflow and MLflow: migration and health checks."""
