"""What the main job learned on the sample: forecasts can be made again, shuffled labels are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import psycopg
import pytest
import sqlalchemy as sa
from psycopg.rows import dict_row
from threadpoolctl import threadpool_limits

from ml import parameters
from ml.events import Lines
from ml.features import read_graded_history
from ml.folds import roll_forward
from ml.trial import run_trial
from settings import Role, Settings
from tests.recomputed import assert_recomputable

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    """As the commands do: small fits only lose by sharing."""
    with threadpool_limits(limits=1):
        yield


def version_in_charge(warehouse: Settings) -> str:
    with psycopg.connect(warehouse.postgres.conninfo(Role.ML)) as connection:
        newest = "select model_version from okr_ml.promotions order by promotion_id desc limit 1"
        return str(connection.execute(newest).fetchall()[0][0])


def test_every_forecast_is_made_again_from_its_model_version_and_feature_row(
    first_run: dict[str, Any], warehouse: Settings
) -> None:
    with psycopg.connect(warehouse.postgres.conninfo(Role.ML), row_factory=dict_row) as connection:
        rows = connection.execute(
            "select * from okr_ml.forecasts where attainment_probability is not null"
        ).fetchall()
    assert len(rows) >= first_run["forecast"]["scored"] > 100
    assert assert_recomputable(warehouse, rows)


def test_shuffled_labels_of_the_sample_are_refused(first_run: dict[str, Any], warehouse: Settings) -> None:
    known = parameters.load()
    engine = sa.create_engine(warehouse.postgres.sqlalchemy_url(Role.ML))
    rows = read_graded_history(engine, known, date.fromisoformat(first_run["as_of"])).rows
    engine.dispose()
    labels = rows.groupby("key_result_key")["attained"].first()
    shuffled = dict(zip(labels.index, np.random.default_rng(0).permutation(labels), strict=True))
    rows = rows.assign(attained=rows["key_result_key"].map(shuffled))
    trial = run_trial(rows, roll_forward(rows, known.history), None, known, Lines())
    assert not trial.verdict.passed
    sentence = trial.verdict.sentence("the model")
    assert "did not pass the gate: it is not shown to be better than" in sentence
    assert ". " not in sentence


def test_a_day_before_all_of_it_lists_nothing_and_costs_no_champion(
    warehouse: Settings, first_run: dict[str, Any], run_main_job: Callable[..., dict[str, Any]]
) -> None:
    before = version_in_charge(warehouse)
    facts = run_main_job(date(2019, 1, 1))
    assert (facts["forecast"]["scored"], facts["most_likely_missed"]) == (0, [])
    assert facts["forecast"]["champion"]["model_version"] == version_in_charge(warehouse) == before
    assert "0 open key results as of 2019-01-01" in facts["forecast"]["scoring"]
