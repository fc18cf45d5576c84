"""Holds the settings: one frozen object with all differences between laptop, CI and production.

Only this module reads the environment. Names are `SCORING_<GROUP>__<NAME>`; dbt's profile reads the
same variables. No setting changes a decision: thresholds and rules are in a policy file.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from features.platform import failpoints
from features.platform.errors import ConfigurationError

LOCAL_FILE = Path(__file__).resolve().parents[2] / ".local" / "env"
Role = Literal["ingest", "transform", "score", "analyst", "fairness"]


class Warehouse(BaseModel, frozen=True):
    """The address of the warehouse, and the password of each login role."""

    host: str = "127.0.0.1"
    port: int = 5432
    database: str = "warehouse"
    ingest_password: SecretStr | None = None
    transform_password: SecretStr | None = None
    score_password: SecretStr | None = None
    analyst_password: SecretStr | None = None
    fairness_password: SecretStr | None = None
    base_currency: str = "USD"

    def conninfo(self, role: Role) -> str:
        """Return the libpq connection string of one role.

        Raises:
            ConfigurationError: the password of this role is not set; names the variable.
        """
        from psycopg.conninfo import make_conninfo

        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=self.database,
            user=role,
            password=self._password(role),
            application_name=f"vesper-{role}",
            options="-c timezone=UTC",
        )

    def url(self, role: Role) -> str:
        """Return the SQLAlchemy URL of one role, for the libraries that need one."""
        from sqlalchemy.engine import URL

        return URL.create(
            "postgresql+psycopg", role, self._password(role), self.host, self.port, self.database
        ).render_as_string(hide_password=False)

    def _password(self, role: Role) -> str:
        secret: SecretStr | None = getattr(self, f"{role}_password")
        if secret is None:
            variable = f"SCORING_WAREHOUSE__{role.upper()}_PASSWORD"
            raise ConfigurationError(
                f"{variable} is not set: this process has no access as role {role!r}; "
                "start the local stack with `make up`, or set it"
            )
        return secret.get_secret_value()


class Objects(BaseModel, frozen=True):
    """The object store: a folder, or a bucket of S3 or of an S3-compatible service."""

    url: str = "file://.local/objects"
    endpoint: str | None = None
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    region: str = "us-east-1"


class Registry(BaseModel, frozen=True):
    """The MLflow server."""

    tracking_uri: str = "http://127.0.0.1:5000"
    timeout_seconds: int = 10


class Training(BaseModel, frozen=True):
    """The standing wishes of every training, beside those of its order."""

    keep: tuple[str, ...] = ()  # columns to use although training would leave them out
    drop: tuple[str, ...] = ()  # columns not to learn from


class Settings(BaseSettings):
    """The settings of one process, from `SCORING_*`."""

    model_config = SettingsConfigDict(
        env_prefix="SCORING_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    warehouse: Warehouse = Warehouse()
    objects: Objects = Objects()
    registry: Registry = Registry()
    training: Training = Training()
    home: Path = Path(__file__).resolve().parents[2]  # the checkout: dbt project, policies
    work: Path = Path(".local/work")  # scratch: dbt targets, downloaded models
    code_version: str = "unknown"  # the started commit; a run adds a digest of its code
    sources: str = "synthetic"  # the source descriptions that feed this warehouse
    sources_dir: Path = Path(__file__).resolve().parents[2] / "sources"  # the user's own ones
    decide_from: AwareDatetime | None = None  # of a source whose description states none
    chunk_rows: int = Field(default=50_000, ge=1)  # rows that are scored at once
    max_shards: int = Field(default=2, ge=1, le=64)  # processes that score one run at once
    model_timeout_seconds: float = 120.0  # a chunk that takes longer is degraded
    shadow_budget: float = Field(default=2.0, gt=0)  # of a challenger, in times of the score step
    failpoint: str | None = (
        None  # name:action of features/platform/failpoints.py, for fault tests only
    )
    test: bool = False  # failpoints act only if this is set
    test_data: Path | None = None  # real data for tests; absent in production

    @property
    def lock_file(self) -> Path:
        """The lock file: the library versions to install."""
        return self.home / "requirements.txt"


@cache
def get_settings() -> Settings:
    """Return the settings of this process, read once.

    Variables take precedence; `.local/env`, which the local stack writes for use at a terminal,
    supplies the missing ones.
    """
    settings = Settings(_env_file=LOCAL_FILE)
    if settings.test and settings.failpoint:
        failpoints.arm(settings.failpoint)
    return settings
