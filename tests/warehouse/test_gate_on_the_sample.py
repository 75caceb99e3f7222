"""The gate on the sample organisation without a signal, with dbt's own features and the limits as shipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from threadpoolctl import threadpool_limits

from ml import parameters
from ml.appointment import appoint
from ml.decisions import PROMOTED
from ml.events import Lines
from ml.features import GradedHistory, read_graded_history
from ml.folds import roll_forward
from ml.training import shortage
from ml.trial import run_trial
from settings import Role, Settings
from stack.sample import SampleOptions, write

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

AS_OF = date(2026, 11, 23)


@pytest.fixture(scope="module")
def history(
    make_publisher: Callable[[], Any],
    build: Callable[..., None],
    sample_files: Callable[[Path], Iterator[tuple[str, str, list[dict[str, str]]]]],
    warehouse: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> GradedHistory:
    """What can be learned from of the sample organisation in which owners know all there is to know."""
    folder = tmp_path_factory.mktemp("silent")
    write(folder, AS_OF, options=SampleOptions(signal=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OKR_AS_OF", AS_OF.isoformat())
        publisher = make_publisher()
        for instance, dataset, rows in sample_files(folder):
            kind = "snapshot" if dataset in ("cycles", "teams", "people") else "append"
            told = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)
            publisher.publish(dataset, rows, told, kind, source=publisher.source(instance, "recorded"))
        build("--select", "+ml_key_result_features", "+ml_key_result_labels")
    engine = sa.create_engine(warehouse.postgres.sqlalchemy_url(Role.ML))
    found = read_graded_history(engine, parameters.load(), AS_OF)
    engine.dispose()
    return found


def test_on_the_sample_without_a_signal_the_gate_refuses_and_says_why(history: GradedHistory) -> None:
    known = parameters.load()
    folds = roll_forward(history.rows, known.history)
    assert shortage(history, folds, known) == ""
    with threadpool_limits(limits=1):
        trial = run_trial(history.rows, folds, None, known, Lines())
    assert all(check.passed for check in trial.checks)
    assert not trial.verdict.passed
    decision = appoint(trial, None, None)
    assert (decision.decision, decision.forecaster.is_baseline) == (PROMOTED, True)
    assert "did not pass the gate: it is not shown to be better than" in decision.reason
    assert decision.reason.endswith(f"the best baseline, {decision.forecaster.title}, becomes champion.")
    assert ". " not in decision.reason
