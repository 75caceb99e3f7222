"""The commands from end to end on Postgres and MLflow: train, skip, score, recompute, roll back."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from ml import decisions, parameters, registry
from ml.errors import MlError, RegistryError
from ml.rollback import rollback
from ml.scoring import score
from ml.training import train
from settings import ROOT
from tests.recomputed import assert_recomputable

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


AFTER = date(2025, 9, 1)
LONG_BEFORE = date(2019, 1, 1)


class Told:
    """A reporter that remembers the facts of the last ending."""

    def __init__(self):
        self.facts, self.lines = {}, []

    def start(self, stage, text):
        self.lines.append(text)

    def progress(self, stage, done, total, text):
        assert done <= total

    def message(self, stage, text):
        self.lines.append(text)

    def done(self, stage, text, **facts):
        self.lines.append(text)
        self.facts = facts | {"text": text}
        json.dumps(facts, default=str)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def query(engine):
    """Call it with SQL for rows, as training's own login."""

    def run(text):
        with engine.connect() as connection:
            return connection.execute(sa.text(text)).mappings().all()

    return run


def with_open(rows):
    """The rows, the last cycle of them not graded and with a row of today; not every owner was confident."""
    rows.loc[rows.index % 5 == 0, ["confidence", "has_confidence"]] = [None, 0.0]
    last = rows["cycle_key"] == rows["cycle_key"].max()
    rows["attained"] = rows["attained"].astype(object).where(~last, None)
    today = rows[last & (rows["checkpoint"] == "50")].assign(checkpoint="as_of")
    return pd.concat([rows[~last | (rows["checkpoint"] != "75")], today])


def test_train_skip_score_recompute_and_roll_back(forecasting, publish, make_rows, told, query):
    publish(with_open(make_rows(cycles=6, per_cycle=99, signal="none")))
    train(forecasting, told, AFTER)
    assert told.facts["decision"] == "promoted"
    assert told.facts["is_baseline"]
    assert told.facts["model_version"] == "1"
    first = told.facts["champion"]

    train(forecasting, told, AFTER)
    assert told.facts["skipped"]
    assert len(query("select * from okr_ml.promotions")) == 1

    publish(with_open(make_rows(cycles=6, per_cycle=99, signal="beyond")))
    train(forecasting, told, AFTER)
    assert told.facts["decision"] == "promoted"
    assert not told.facts["is_baseline"]
    second = told.facts["champion"]
    assert "logistic on four" in "\n".join(told.lines)
    figures = query(
        "select * from okr_ml.evaluations where training_id = '" + told.facts["training_id"] + "'"
    )
    assert {row["forecaster"] for row in figures} == {
        "prior", "progress", "pace_rule", "owners_confidence", "logistic_on_four", "model",
    }  # fmt: skip
    assert all(row["brier_score_low"] <= row["brier_score"] <= row["brier_score_high"] for row in figures)

    score(forecasting, told, AFTER)
    assert told.facts["added"] == told.facts["open"] == told.facts["scored"] == 99
    assert len(told.facts["most_likely_missed"]) == 5
    score(forecasting, told, AFTER)
    assert told.facts["added"] == 0
    shown = query("select * from okr_ml.forecasts where model_version = '2'")
    assert all(len(row["reasons"]) == 3 for row in shown)
    assert {(row["is_baseline"], row["has_enough_labels"]) for row in shown} == {(0, 1)}

    facts = roll_back_by_command(forecasting)
    assert (facts["champion"], facts["model_version"], facts["previous_version"]) == (first, "1", "2")
    assert facts["is_baseline"]
    row = query("select * from okr_ml.promotions order by promotion_id desc limit 1")[0]
    assert (row["decision"], row["model_version"], row["previous_version"]) == ("rolled_back", "1", "2")
    assert (row["champion"], row["is_baseline"], row["decided_by"]) == (first, 1, getpass.getuser())
    assert row["reason"] == f"Rolled back by hand from version 2 ({second}) to version 1 ({first})."
    champion = registry.Registry(forecasting).champion()
    assert (champion.version, len(champion.refits)) == ("1", parameters.load().interval.refits)
    score(forecasting, told, AFTER)
    assert told.facts["model_version"] == "1"
    assert told.facts["added"] == 99

    every_change_is_told(query, first)

    train(forecasting, told, AFTER)
    assert told.facts["skipped"], "a rolled-back model must not come back without new history"
    with pytest.raises(RegistryError, match="no earlier champion than version 1"):
        rollback(forecasting, told)

    publish(with_open(make_rows(cycles=2, per_cycle=9)))
    forecasts = query("select * from okr_ml.forecasts")
    assert len(forecasts) == 2 * 99
    assert assert_recomputable(forecasting, forecasts) == {"1", "2"}


def every_change_is_told(query, champion):
    signals = query("select * from okr_raw.outbox order by outbox_id")
    assert [row["outbox_id"] for row in signals] == [1, 2, 3]
    assert {row["signal"] for row in signals} == {"model_promoted"}
    assert [(row["payload"]["decision"], row["payload"]["model_version"]) for row in signals] == [
        ("promoted", "1"),
        ("promoted", "2"),
        ("rolled_back", "1"),
    ]
    assert signals[2]["payload"]["champion"] == champion


def roll_back_by_command(config):
    """`okr rollback --json` on the databases of these tests; its facts."""
    databases = {
        "OKR_PG_DATABASE": config.postgres.database,
        "OKR_PG_MLFLOW_DATABASE": config.postgres.mlflow_database,
    }
    command = [sys.executable, "-m", "stack", "rollback", "--json"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | databases, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_too_few_labels_show_the_pace_rule(forecasting, publish, make_rows, told, query):
    rows = make_rows(cycles=4, per_cycle=12)
    publish(with_open(rows))
    train(forecasting, told, AFTER)
    assert told.facts["decision"] == "kept"
    assert told.facts["champion"] == "pace_rule"
    assert told.facts["text"] == (
        "Not enough graded history: 36 graded key results and 0 cycles to test on; at least 200 and 3 are "
        "needed (a cycle counts with 120 graded key results before it and 15 in it); the pace rule is shown "
        "instead of a forecast."
    )
    score(forecasting, told, AFTER)
    assert told.facts["has_enough_labels"] is False
    found = query("select * from okr_ml.forecasts")
    assert len(found) == 12
    for row in found:
        assert row["attainment_probability"] is None
        assert row["has_enough_labels"] == 0
        assert row["reasons"][0]["text"].startswith("not enough graded history; ")
    train(forecasting, told, AFTER)
    assert told.facts["skipped"]
    with pytest.raises(RegistryError, match="no champion to roll back"):
        rollback(forecasting, told)


def test_a_key_result_past_its_cycle_waits_for_its_grade(forecasting, publish, make_rows, told, query):
    rows = with_open(make_rows(per_cycle=99, signal="none"))
    late = rows["checkpoint"] == "as_of"
    rows.loc[late, "as_of_date"] = rows.loc[late, "cycle_end_date"] + pd.Timedelta(days=4)
    publish(rows)
    train(forecasting, told, AFTER)
    score(forecasting, told, AFTER)
    assert told.facts["waiting_for_grade"] == 99
    row = query("select * from okr_ml.forecasts limit 1")[0]
    assert row["attainment_probability"] is None
    assert "waits for its grade" in row["reasons"][0]["text"]
    score(forecasting, told, LONG_BEFORE)
    assert told.lines[-1].startswith("0 open key results as of 2019-01-01, 0 forecasts added")


def test_what_is_logged_can_be_found_in_mlflow(forecasting, publish, make_rows, told):
    publish(make_rows(per_cycle=99, signal="none"))
    train(forecasting, told, AFTER)
    registry.Registry(forecasting)
    client = registry.mlflow.MlflowClient()
    run = client.get_run(told.facts["training_id"])
    assert run.data.params["data_as_of"] == str(AFTER)
    assert run.data.metrics["selection_rate"] == 1
    assert run.data.metrics["prior.brier_skill"] == 0
    assert run.data.tags["decision"] == "promoted"
    folders = ("plots", "tables", "forecaster")
    names = {one.path for folder in folders for one in client.list_artifacts(run.info.run_id, folder)}
    assert names >= {"plots/reliability.png", "plots/brier_by_cycle.png", "plots/skill_forest.png"}
    assert names >= {"tables/evaluations.csv", "tables/leakage_checks.csv", "tables/folds.csv"}
    version = client.get_model_version_by_alias(decisions.MODEL_NAME, registry.ALIAS)
    assert version.run_id == run.info.run_id
    served = registry.mlflow.pyfunc.load_model(f"models:/{decisions.MODEL_NAME}@{registry.ALIAS}")
    with pytest.raises(registry.MlflowException):
        served.predict(pd.DataFrame({"wrong": [1.0]}))


def test_a_champion_that_is_gone_is_said(forecasting, publish, make_rows, told):
    publish(with_open(make_rows(per_cycle=99, signal="none")))
    train(forecasting, told, AFTER)
    registry.Registry(forecasting)._client.delete_registered_model_alias(decisions.MODEL_NAME, registry.ALIAS)
    with pytest.raises(MlError, match="has no champion, though version 1 was appointed"):
        score(forecasting, told, AFTER)
