"""okr_ml.promotions: whose turn it is after a rollback, and after the next."""

from __future__ import annotations

import pytest

from ml import decisions
from ml.decisions import KEPT, PROMOTED, REFITTED, ROLLED_BACK, Decision

pytestmark = pytest.mark.postgres


def decide(engine, decision, version, before, fingerprint=""):
    """Write down that a version took, or kept, charge after another, on inputs of that fingerprint."""
    with engine.begin() as connection:
        decisions.record(
            connection,
            Decision(
                training_id=f"training_{version}",
                decision=decision,
                champion=f"model_{version}",
                model_name=decisions.MODEL_NAME,
                model_version=version,
                previous_version=before,
                is_baseline=False,
                reason="It was so.",
                input_fingerprint=fingerprint,
            ),
        )


def before(engine, version):
    found = decisions.predecessor(engine, version)
    return found and (found.model_version, found.champion, found.training_id)


def test_each_rollback_goes_one_champion_further_back(engine):
    decide(engine, PROMOTED, "1", None)
    decide(engine, REFITTED, "2", "1")
    decide(engine, KEPT, "2", "2")
    decide(engine, PROMOTED, "3", "2")
    decide(engine, ROLLED_BACK, "2", "3")
    assert before(engine, "3") == ("2", "model_2", "training_2")
    assert before(engine, "2") == ("1", "model_1", "training_1")
    assert before(engine, "1") is None


def test_who_was_rolled_back_from_is_not_who_was_in_charge_before_the_next(engine):
    decide(engine, PROMOTED, "1", None)
    decide(engine, PROMOTED, "2", "1")
    decide(engine, ROLLED_BACK, "1", "2")
    decide(engine, PROMOTED, "3", "1")
    assert before(engine, "3") == ("1", "model_1", "training_1")
    assert decisions.last(engine).model_version == "3"


def test_inputs_are_decided_on_once_whatever_day_was_asked_for_in_between(engine):
    assert decisions.on_inputs(engine, "2026") is None
    decide(engine, KEPT, None, None, "2019")
    assert decisions.on_inputs(engine, "2019").decision == KEPT
    decide(engine, PROMOTED, "1", None, "2026")
    decide(engine, KEPT, "1", "1", "2019")
    assert decisions.on_inputs(engine, "2026").decision == PROMOTED
    assert decisions.on_inputs(engine, "2019").model_version == "1"


def test_inputs_are_decided_on_again_under_a_new_champion(engine):
    decide(engine, PROMOTED, "1", None, "first")
    decide(engine, PROMOTED, "2", "1", "second")
    assert decisions.on_inputs(engine, "first") is None
    decide(engine, ROLLED_BACK, "1", "2", "second")
    assert decisions.on_inputs(engine, "second").decision == ROLLED_BACK
