"""Bring the services of Compose to the state that this image expects; idempotent.

It creates or updates roles, databases, migrations, the bucket, seeds, views, Airflow's logins and
Airflow's database.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from infra.local import install
from infra.local.state import AIRFLOW_USERS
from infra.postgres import warehouse

ROLES = ("ingest", "transform", "score", "analyst", "fairness", "airflow", "mlflow")


def main() -> None:
    """Run all steps; each step needs the steps before it."""
    superuser = os.environ["POSTGRES_SUPERUSER"]
    passwords = {role: os.environ[f"{role.upper()}_PASSWORD"] for role in ROLES}
    warehouse.create_roles(superuser, passwords)
    for database, owner in (("warehouse", "owner"), ("airflow", "airflow"), ("mlflow", "mlflow")):
        warehouse.create_database(superuser, database, owner)
    applied = warehouse.migrate(f"{superuser} dbname=warehouse")
    print(f"{len(applied)} migrations applied")
    make_bucket()
    install.main()
    write_logins()
    subprocess.run(["airflow", "db", "migrate"], check=True)  # noqa: S607 - of the image's PATH


def make_bucket() -> None:
    """Create the bucket of the object store if it is missing."""
    store = boto3.client(
        "s3",
        endpoint_url=os.environ["SCORING_OBJECTS__ENDPOINT"],
        aws_access_key_id=os.environ["SCORING_OBJECTS__ACCESS_KEY"],
        aws_secret_access_key=os.environ["SCORING_OBJECTS__SECRET_KEY"],
        region_name=os.environ["SCORING_OBJECTS__REGION"],
    )
    bucket = os.environ["SCORING_OBJECTS__URL"].removeprefix("s3://").split("/")[0]
    try:
        store.head_bucket(Bucket=bucket)
    except ClientError:
        store.create_bucket(Bucket=bucket)


def write_logins() -> None:
    """Write Airflow's logins; otherwise Airflow generates passwords and logs them."""
    path = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    path.touch(mode=0o600)
    users = {user: os.environ[f"AIRFLOW_{user.upper()}_PASSWORD"] for user in AIRFLOW_USERS}
    path.write_text(json.dumps(users))


if __name__ == "__main__":
    main()
