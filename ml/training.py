"""Training: learn from graded history, put the model before the gate, appoint a champion, write down why."""

from __future__ import annotations

import importlib
import uuid
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ml import decisions, fingerprint, parameters, report, signals
from ml.appointed import Appointed
from ml.appointment import Appointment, appoint
from ml.backtest import MODEL
from ml.baselines import baselines
from ml.decisions import KEPT, MODEL_NAME, Decision
from ml.dossier import Inputs, dossier
from ml.errors import RegistryError
from ml.events import Reporter
from ml.features import GradedHistory, read_graded_history
from ml.folds import Fold, roll_forward
from ml.parameters import Parameters
from ml.provenance import provenance
from ml.reasons import typical_row
from ml.refits import refit
from ml.trial import Trial, run_trial
from settings import Role, Settings

if TYPE_CHECKING:
    from ml.registry import Registry

__all__ = ["NOT_ENOUGH", "shortage", "train"]

NOT_ENOUGH = "not enough graded history"
STAGE = "train"


def train(settings: Settings, reporter: Reporter, as_of: date | None = None, force: bool = False) -> None:
    """One training, told to the reporter. Does nothing when there is nothing new since the last decision."""
    day = as_of or settings.resolved_as_of()
    known = parameters.load()
    engine = sa.create_engine(settings.postgres.sqlalchemy_url(Role.ML))
    reporter.start(STAGE, f"Training on what was graded before {day}.")
    history = read_graded_history(engine, known, day)
    folds = roll_forward(history.rows, known.history)
    inputs = Inputs(day, history, folds, known, fingerprint.of_training(history.rows, known))
    if (decided := decisions.on_inputs(engine, inputs.fingerprint)) and not force:
        text = (
            f"Nothing new to learn from since the last decision; {_in_charge(decided)}. "
            f"It said: {decided.reason}"
        )
        reporter.done(STAGE, text, skipped=True, **_facts(inputs, decided))
        return
    last = decisions.last(engine)
    if lack := shortage(history, inputs.folds, known):
        _keep_without_trial(engine, inputs, last, lack, reporter)
        return
    _train(settings, engine, inputs, last, reporter)


def shortage(history: GradedHistory, folds: Sequence[Fold], known: Parameters) -> str:
    """What is missing for an honest trial, in words; empty when there is enough."""
    limits = known.history
    labels = history.rows["key_result_key"].nunique()
    if labels < limits.minimum_labels or len(folds) < limits.minimum_test_cycles:
        return (
            f"{NOT_ENOUGH}: {labels} graded key results and {len(folds)} cycles to test on; at least "
            f"{limits.minimum_labels} and {limits.minimum_test_cycles} are needed (a cycle counts with "
            f"{limits.minimum_training_labels} graded key results before it and "
            f"{limits.minimum_test_labels} in it)"
        )
    return ""


def _train(
    settings: Settings, engine: sa.Engine, inputs: Inputs, last: Decision | None, reporter: Reporter
) -> None:
    registry = _registry(settings)
    champion = _champion(registry, reporter)
    reigning = champion.forecaster if champion else None
    trial = run_trial(inputs.history.rows, inputs.folds, reigning, inputs.parameters, reporter)
    for line in report.trial_text(trial):
        reporter.message(STAGE, line)
    appointment = appoint(trial, reigning, champion.version if champion else None)
    decision = _record(registry, engine, inputs, trial, appointment, champion)
    reporter.done(
        STAGE,
        f"{decision.decision.capitalize()}: {decision.reason}",
        skipped=False,
        passed_gate=trial.verdict.passed,
        scores=report.evaluation_frame(trial.figures()).to_dict("records"),
        leakage={check.name: check.passed for check in trial.checks},
        **_facts(inputs, decision),
    )


def _record(  # noqa: PLR0913, PLR0917 - the decision rests on all of them
    registry: Registry,
    engine: sa.Engine,
    inputs: Inputs,
    trial: Trial,
    appointment: Appointment,
    champion: Appointed | None,
) -> Decision:
    """Log the run; then, in one transaction, write the decision and move the alias."""
    appointed = _fit(appointment, trial, inputs)
    logged = dossier(trial, appointment, inputs, provenance(engine))
    run_id, model_uri = registry.log(logged, appointed, inputs.history.rows.head(5))
    previous = champion.version if champion else None
    kept = appointment.decision == KEPT and champion is not None
    in_charge = champion.forecaster if kept and champion else appointment.forecaster
    version = previous if kept else registry.register(run_id, model_uri)
    decision = Decision(
        training_id=run_id,
        decision=appointment.decision,
        champion=in_charge.name,
        model_name=MODEL_NAME,
        model_version=version,
        previous_version=previous,
        is_baseline=in_charge.is_baseline,
        reason=appointment.reason,
        input_fingerprint=inputs.fingerprint,
    )
    names = [one.name for one in baselines()]
    figures = decisions.evaluation_rows(
        run_id, trial.evaluations, trial.calibrations, names, len(inputs.folds)
    )
    with engine.begin() as connection:
        decisions.record(connection, decision, figures)
        if not kept and version is not None:
            registry.appoint(version)
        signals.announce(connection, decision)
    return decision


def _fit(appointment: Appointment, trial: Trial, inputs: Inputs) -> Appointed:
    """The forecaster on all graded history, with its refits and all else that a score is recomputed from."""
    rows, known, forecaster = inputs.history.rows, inputs.parameters, appointment.forecaster
    tested = MODEL if forecaster.recipe == trial.model.recipe else forecaster.name
    skill = next((one.brier_skill for one in trial.figures() if one.forecaster == tested), None)
    fitted = forecaster.fit(rows, rows["attained"])
    return Appointed(
        version=None,
        run_id=None,
        forecaster=forecaster,
        fitted=fitted,
        refits=refit(forecaster, fitted, rows, known.interval.refits, known.seed),
        typical=typical_row(rows, known),
        level=known.interval.level,
        input_fingerprint=inputs.fingerprint,
        skill="" if skill is None else f"Brier skill against the prior on cycles never seen: {skill}",
    )


def _keep_without_trial(
    engine: sa.Engine, inputs: Inputs, last: Decision | None, lack: str, reporter: Reporter
) -> None:
    """Write down that nothing could be learned; whoever is in charge stays, at first the pace rule."""
    stays = (
        "the champion stays"
        if last and last.model_version
        else "the pace rule is shown instead of a forecast"
    )
    decision = Decision(
        training_id=uuid.uuid4().hex,
        decision=KEPT,
        champion=last.champion if last else "pace_rule",
        model_name=MODEL_NAME,
        model_version=last.model_version if last else None,
        previous_version=last.model_version if last else None,
        is_baseline=last.is_baseline if last else True,
        reason=f"{lack[0].upper()}{lack[1:]}; {stays}.",
        input_fingerprint=inputs.fingerprint,
    )
    with engine.begin() as connection:
        decisions.record(connection, decision)
    reporter.done(STAGE, decision.reason, skipped=False, passed_gate=False, **_facts(inputs, decision))


def _facts(inputs: Inputs, decision: Decision) -> dict[str, Any]:
    """What every ending of a training says to a program."""
    return {
        "as_of": inputs.as_of,
        "decision": decision.decision,
        "champion": decision.champion,
        "is_baseline": decision.is_baseline,
        "model_version": decision.model_version,
        "reason": decision.reason,
        "training_id": decision.training_id,
        "labels": int(inputs.history.rows["key_result_key"].nunique()),
        "test_cycles": len(inputs.folds),
        "selection_rate": inputs.history.selection_rate,
        "left_out": inputs.history.left_out,
    }


def _in_charge(decision: Decision) -> str:
    kind = "baseline" if decision.is_baseline else "model"
    version = f" (version {decision.model_version})" if decision.model_version else ""
    return f"the {kind} {decision.champion.replace('_', ' ')}{version} stays in charge"


def _champion(registry: Registry, reporter: Reporter) -> Appointed | None:
    """The champion; one that cannot be loaded forecasts nothing either, and is told of and passed over."""
    try:
        return registry.champion()
    except RegistryError as problem:
        reporter.message(STAGE, f"{problem}; it is passed over.")
        return None


def _registry(settings: Settings) -> Registry:
    """MLflow takes two seconds to import: only who needs it waits for it."""
    registry: Registry = importlib.import_module("ml.registry").Registry(settings)
    return registry
