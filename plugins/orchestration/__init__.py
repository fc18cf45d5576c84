"""The bridge to Airflow: windows, gates and defaults that DAG files are put together from."""
