"""Reading features and labels: what is used, what is left out and why, and what a wrong table says."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from ml.errors import FeatureError
from ml.features import read_graded_history, read_open_rows
from settings import Role

pytestmark = pytest.mark.postgres


def alter(forecasting, *statements):
    engine = sa.create_engine(forecasting.postgres.sqlalchemy_url(Role.TRANSFORMER))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def test_a_missing_table_is_named(engine, known):
    with pytest.raises(FeatureError, match="ml_key_result_features does not exist: run `dbt build`"):
        read_graded_history(engine, known, date(2025, 9, 1))


def test_a_missing_column_is_named(engine, known, make_rows, publish, forecasting):
    publish(make_rows())
    alter(forecasting, "alter table okr_curated.ml_key_result_features drop column pace_gap")
    with pytest.raises(FeatureError, match="ml_key_result_features lacks pace_gap"):
        read_graded_history(engine, known, date(2025, 9, 1))


def test_a_row_twice_is_named(engine, known, make_rows, publish):
    rows = make_rows()
    publish(pd.concat([rows, rows.head(1)]))
    with pytest.raises(FeatureError, match="key_result_0000, 2024-01-24, 25 more than once"):
        read_graded_history(engine, known, date(2025, 9, 1))


def test_a_strange_label_is_named(engine, known, make_rows, publish):
    publish(make_rows().assign(attained=2))
    with pytest.raises(FeatureError, match="attained holds 2; 0 and 1 are allowed"):
        read_graded_history(engine, known, date(2025, 9, 1))


def test_words_where_numbers_are_due_are_named(engine, known, make_rows, publish, forecasting):
    publish(make_rows())
    table = "okr_curated.ml_key_result_features"
    alter(forecasting, f"alter table {table} alter weight type text", f"update {table} set weight = 'heavy'")
    with pytest.raises(FeatureError, match="weight must hold numbers"):
        read_graded_history(engine, known, date(2025, 9, 1))


def test_decimals_and_nothing_become_numbers_and_words_get_a_word_for_nothing(
    engine, known, make_rows, publish
):
    made = make_rows().assign(key_result_kind=None)
    publish(made)
    rows = read_graded_history(engine, known, date(2025, 9, 1)).rows
    assert all(rows[name].dtype == np.float64 for name in known.numeric)
    assert rows["priority_rank"].isna().all()
    assert set(rows["key_result_kind"]) == {"unknown"}
    np.testing.assert_allclose(rows["confidence"], made["confidence"], atol=1e-8)


@pytest.mark.trap(3)
def test_only_labels_recorded_before_the_day_are_used(engine, known, make_rows, publish):
    made = make_rows()
    publish(made)
    day = made["label_available_at"].iloc[0]
    assert len(read_graded_history(engine, known, day.date()).rows) == 0
    history = read_graded_history(engine, known, (day + pd.Timedelta(days=1)).date())
    assert set(history.rows["cycle_key"]) == {"cycle_00"}
    assert history.left_out["label not recorded yet"] == len(made) - 180


@pytest.mark.trap(3)
def test_rows_that_knew_the_answer_are_left_out_and_counted(engine, known, make_rows, publish):
    made = make_rows()
    graded_early = made["key_result_key"] == "key_result_0000"
    made.loc[graded_early, "label_available_at"] = made.loc[graded_early, "as_of_date"].iloc[1]
    made.loc[(made["key_result_key"] == "key_result_0001") & (made["checkpoint"] == "75"), "is_open"] = 0
    publish(made)
    history = read_graded_history(engine, known, date(2025, 9, 1))
    assert history.left_out == {"label known already": 2, "closed as known then": 1}
    assert len(history.rows) == len(made) - 3


@pytest.mark.trap(12)
def test_the_selection_rate_counts_what_was_never_graded(engine, known, make_rows, publish):
    made = make_rows()
    ungraded = made["objective_key"] < "objective_0030"
    made["attained"] = made["attained"].astype(object).where(~ungraded, None)
    publish(made)
    history = read_graded_history(engine, known, date(2025, 9, 1))
    assert history.selection_rate == pytest.approx(270 / 360)
    assert len(history.rows) == 810


@pytest.mark.trap(12)
def test_a_label_that_says_nothing_is_none(engine, known, make_rows, publish, forecasting):
    publish(make_rows())
    labels = "okr_curated.ml_key_result_labels"
    alter(forecasting, f"update {labels} set attained = null where key_result_key = 'key_result_0000'")
    history = read_graded_history(engine, known, date(2025, 9, 1))
    assert "key_result_0000" not in set(history.rows["key_result_key"])
    assert history.selection_rate == pytest.approx(359 / 360)


def test_the_newest_open_row_of_each_key_result_is_forecast(engine, known, make_rows, publish):
    made = make_rows(cycles=1, per_cycle=6)
    first = made[made["checkpoint"] == "25"].assign(checkpoint="week")
    today = first.assign(checkpoint="as_of", as_of_date=first["as_of_date"] + pd.Timedelta(days=3))
    today = today[today["key_result_key"] != "key_result_0005"]
    today.loc[today["key_result_key"] == "key_result_0004", "is_open"] = 0
    publish(pd.concat([made, first, today]))
    rows = read_open_rows(engine, known, date(2024, 2, 1)).set_index("key_result_key")
    assert list(rows["checkpoint"]) == ["as_of"] * 4 + ["week"]
    assert "key_result_0004" not in rows.index
    earlier = read_open_rows(engine, known, first["as_of_date"].iloc[0].date())
    assert set(earlier["checkpoint"]) == {"week"}
    assert read_open_rows(engine, known, date(2023, 12, 1)).empty
