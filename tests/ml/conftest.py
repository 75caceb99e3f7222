"""Graded key results made up by rules the tests know, and a database of these tests' own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
import sqlalchemy as sa
from threadpoolctl import threadpool_limits

from ml import parameters
from ml.parameters import Parameters
from settings import ROOT, Role, Settings

DATABASE = "okr_ml_tests"
MLFLOW = "okr_ml_tests_mlflow"
MakeRows = Callable[..., pd.DataFrame]


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """As the commands do: small fits only lose by sharing."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture
def known() -> Parameters:
    """The parameters of the product, with less resampling and with limits a small history meets."""
    real = parameters.load()
    few = {"minimum_labels": 60, "minimum_training_labels": 40, "minimum_test_labels": 10}
    return real.model_copy(
        update={
            "history": real.history.model_copy(update=few),
            "judging": real.judging.model_copy(update={"rounds": 200}),
            "interval": real.interval.model_copy(update={"refits": 10}),
        }
    )


@pytest.fixture
def make_rows() -> MakeRows:
    """Call it for rows as `features.read_graded_history` gives them: three checkpoints a key result.

    `signal`: "beyond" the model can know more than the four baselines do (status and trend tell), "owner" the
    owner's confidence tells all there is to know, "none" nothing tells anything.
    """
    return _rows


def _rows(cycles: int = 6, per_cycle: int = 60, signal: str = "beyond", seed: int = 7) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    count = cycles * per_cycle
    hidden, told = random.normal(0, 1.3, count), random.normal(0, 1.3, count)
    weight = {"beyond": (0.6, 2.0), "owner": (2.0, 0.0), "none": (0.0, 0.0)}[signal]
    chance = 1 / (1 + np.exp(-(weight[0] * told + weight[1] * hidden)))
    attained = (random.random(count) < chance).astype(int)
    parts = [
        _checkpoint(random, attained, told, hidden, per_cycle, share).assign(checkpoint=str(share))
        for share in (25, 50, 75)
    ]
    rows = pd.concat(parts, ignore_index=True)
    return rows.sort_values(["as_of_date", "key_result_key"], kind="stable").reset_index(drop=True)


def _checkpoint(  # noqa: PLR0917 - all of them make the row
    random: np.random.Generator,
    attained: np.ndarray,
    told: np.ndarray,
    hidden: np.ndarray,
    per_cycle: int,
    share: int,
) -> pd.DataFrame:
    number = np.arange(len(attained))
    start = pd.to_datetime("2024-01-01") + pd.to_timedelta((number // per_cycle) * 91, unit="D")
    progress = np.clip(random.normal(share / 100, 0.2, len(number)), 0, 1)
    confidence = 1 / (1 + np.exp(-told))
    plain = dict.fromkeys(parameters.load().numeric, np.nan)
    return pd.DataFrame(
        {
            **plain,
            "key_result_key": [f"key_result_{one:04d}" for one in number],
            "objective_key": [f"objective_{one // 3:04d}" for one in number],
            "lineage_key": [f"key_result_{one:04d}" for one in number],
            "cycle_key": [f"cycle_{one // per_cycle:02d}" for one in number],
            "is_open": 1,
            "as_of_date": start + pd.Timedelta(days=round(0.91 * share)),
            "cycle_start_date": start,
            "cycle_end_date": start + pd.Timedelta(days=90),
            "label_available_at": start + pd.Timedelta(days=95),
            "attained": attained,
            "elapsed": share / 100,
            "progress": progress,
            "progress_raw": progress,
            "has_progress": 1.0,
            "pace_gap": share / 100 - progress,
            "pace_ratio": progress / (share / 100),
            "confidence": confidence,
            "has_confidence": 1.0,
            "status_severity": np.clip(np.round(1.5 - hidden), 0, 3),
            "has_status": 1.0,
            "progress_slope": 0.02 * hidden,
            "team_attainment_prior": np.clip(random.normal(0.5, 0.1, len(number)), 0, 1),
            "key_result_kind": random.choice(["metric", "binary"], len(number)),
            "weight": 1.0,
        }
    )


@pytest.fixture(scope="session")
def forecast_databases(warehouse: Settings) -> Iterator[Settings]:
    """Settings of a migrated warehouse and an MLflow store that no other test writes to."""
    own = {"database": DATABASE, "mlflow_database": MLFLOW}
    config = warehouse.model_copy(update={"postgres": warehouse.postgres.model_copy(update=own)})
    admin = config.postgres.conninfo(Role.ADMIN, "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        for name in (DATABASE, MLFLOW):
            connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {DATABASE}")
        connection.execute(f"create database {MLFLOW} owner {config.postgres.user(Role.ML)}")
    variables = os.environ | {"OKR_PG_PORT": str(config.postgres.port), "OKR_PG_DATABASE": DATABASE}
    command = [sys.executable, "-m", "alembic", "-c", "migrations/alembic.ini", "upgrade", "head"]
    subprocess.run(command, cwd=ROOT, env=variables, check=True, capture_output=True)
    yield config
    with psycopg.connect(admin, autocommit=True) as connection:
        for name in (DATABASE, MLFLOW):
            connection.execute(f"drop database if exists {name} with (force)")


@pytest.fixture
def forecasting(forecast_databases: Settings) -> Settings:
    """Settings of a warehouse without features, decisions, forecasts and models."""
    config = forecast_databases
    with psycopg.connect(config.postgres.conninfo(Role.ADMIN)) as connection:
        connection.execute("truncate okr_ml.forecasts, okr_ml.evaluations, okr_ml.promotions, okr_raw.outbox")
        for table in ("ml_key_result_features", "ml_key_result_labels"):
            connection.execute(f"drop table if exists okr_curated.{table}")
    with psycopg.connect(config.postgres.conninfo(Role.ML, MLFLOW)) as connection:
        if connection.execute("select to_regclass('registered_models')").fetchone() != (None,):
            connection.execute("truncate registered_models cascade")
    return config


@pytest.fixture
def engine(forecasting: Settings) -> Iterator[sa.Engine]:
    """Signed in as training does."""
    engine = sa.create_engine(forecasting.postgres.sqlalchemy_url(Role.ML))
    yield engine
    engine.dispose()


@pytest.fixture
def publish(forecasting: Settings) -> Callable[[pd.DataFrame], None]:
    """Call it with rows to put them, and their labels, where dbt would, in the types of a warehouse."""

    def write(rows: pd.DataFrame) -> None:
        numeric: dict[str, Any] = dict.fromkeys(parameters.load().numeric, sa.Numeric(18, 9))
        dates = dict.fromkeys(("as_of_date", "cycle_start_date", "cycle_end_date"), sa.Date)
        labelled = rows.dropna(subset=["attained"]).drop_duplicates("key_result_key")
        engine = sa.create_engine(forecasting.postgres.sqlalchemy_url(Role.TRANSFORMER))
        with engine.begin() as connection:
            where: dict[str, Any] = {"schema": "okr_curated", "index": False, "if_exists": "replace"}
            features = rows.drop(columns=["attained", "label_available_at"])
            features.to_sql("ml_key_result_features", connection, dtype=numeric | dates, **where)
            labels = labelled[["key_result_key", "attained", "label_available_at"]]
            labels.to_sql("ml_key_result_labels", connection, **where)
            reader = forecasting.postgres.user(Role.ML)
            for table in ("ml_key_result_features", "ml_key_result_labels"):
                connection.execute(sa.text(f"grant select on okr_curated.{table} to {reader}"))
        engine.dispose()

    return write
