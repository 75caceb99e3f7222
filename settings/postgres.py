"""Where the warehouse database is and how each role signs in."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import quote, urlencode

from psycopg.conninfo import make_conninfo
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.locations import ENV_FILE

__all__ = ["PostgresSettings", "Role"]

EMBEDDED_HOST = "/tmp"  # the folder of Postgres' own default socket


class Role(StrEnum):
    """The parts of the product, each of which signs in to the database as itself."""

    ADMIN = "admin"
    LOADER = "loader"
    TRANSFORMER = "transformer"
    ML = "ml"
    QUALITY = "quality"
    API = "api"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    SUPERSET = "superset"
    AIRFLOW = "airflow"


class PostgresSettings(BaseSettings):
    """Address of one Postgres server and a login per role (`OKR_PG_*`).

    Without `OKR_PG_HOST` the embedded server is used: a Unix socket on which the operating system
    vouches for the user, so that no password exists.
    """

    model_config = SettingsConfigDict(
        env_prefix="OKR_PG_", env_file=ENV_FILE, env_ignore_empty=True, extra="ignore"
    )

    host: str = Field(
        EMBEDDED_HOST, description="Host name, or the folder of a Unix socket. Unset: the embedded server."
    )
    port: int = Field(55432, ge=1, le=65535, description="Port of the server.")
    database: str = Field("okr", pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Database of the warehouse.")
    mlflow_database: str = Field(
        "mlflow", pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Database of MLflow."
    )
    airflow_database: str = Field(
        "airflow", pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Database of Airflow."
    )
    superset_database: str = Field(
        "superset", pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Database of Superset."
    )

    account: str = Field("nobody", description="Account the embedded server runs as when root starts it.")

    admin_user: str = Field("postgres", description="Login that migrates the database.")
    loader_user: str = Field("okr_loader", description="Login of the loader.")
    transformer_user: str = Field("okr_transformer", description="Login of dbt.")
    ml_user: str = Field("okr_ml", description="Login of training and scoring.")
    quality_user: str = Field("okr_quality", description="Login of the quality checks.")
    api_user: str = Field("okr_api", description="Login of the API.")
    analyst_user: str = Field("okr_analyst", description="Login for analysts: reads okr_curated.")
    auditor_user: str = Field("okr_auditor", description="Login for auditors: reads every layer.")
    superset_user: str = Field("okr_superset", description="Login of Superset: reads okr_curated.")
    airflow_user: str = Field("okr_airflow", description="Login of Airflow: its own database only.")

    admin_password: SecretStr | None = Field(None, description="Password of the admin login.")
    loader_password: SecretStr | None = Field(None, description="Password of the loader login.")
    transformer_password: SecretStr | None = Field(None, description="Password of the dbt login.")
    ml_password: SecretStr | None = Field(None, description="Password of the training login.")
    quality_password: SecretStr | None = Field(None, description="Password of the quality login.")
    api_password: SecretStr | None = Field(None, description="Password of the API login.")
    analyst_password: SecretStr | None = Field(None, description="Password of the analyst login.")
    auditor_password: SecretStr | None = Field(None, description="Password of the auditor login.")
    superset_password: SecretStr | None = Field(None, description="Password of the Superset login.")
    airflow_password: SecretStr | None = Field(None, description="Password of the Airflow login.")

    @property
    def is_embedded(self) -> bool:
        """Whether the server is ours to start."""
        return "host" not in self.model_fields_set

    def user(self, role: Role) -> str:
        """Login name of a role."""
        return str(getattr(self, f"{role.value}_user"))

    def password(self, role: Role) -> str | None:
        """Password of a role, if one was configured."""
        secret: SecretStr | None = getattr(self, f"{role.value}_password")
        return secret.get_secret_value() if secret else None

    def conninfo(self, role: Role, database: str | None = None) -> str:
        """libpq connection string of a role. `PGSSLMODE` and its relatives are read by libpq itself."""
        password = self.password(role)
        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=database or self.database,
            user=self.user(role),
            application_name=f"okr_{role.value}",
            **({"password": password} if password else {}),
        )

    def sqlalchemy_url(self, role: Role, database: str | None = None) -> str:
        """SQLAlchemy address (psycopg2 driver) of a role; holds the password where there is one."""
        password = self.password(role)
        login = quote(self.user(role), safe="") + (f":{quote(password, safe='')}" if password else "")
        where = urlencode({"host": self.host, "port": self.port}, safe="/")
        return f"postgresql+psycopg2://{login}@/{database or self.database}?{where}"

    def public_address(self, role: Role) -> str:
        """Address to print: for `psql`, without a password."""
        where = urlencode({"host": self.host, "port": self.port}, safe="/")
        return f"postgresql://{self.user(role)}@/{self.database}?{where}"
