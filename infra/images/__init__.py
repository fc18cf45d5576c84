"""What runs inside the image beside Airflow and MLflow: migration and health checks."""
