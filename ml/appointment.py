"""After the trial: who is in charge from now on, and why, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from ml.decisions import KEPT, PROMOTED, REFITTED
from ml.forecaster import Forecaster
from ml.trial import Trial

__all__ = ["Appointment", "appoint"]


@dataclass(frozen=True, slots=True)
class Appointment:
    """The decision, the forecaster to fit on all graded history (on file at least), and the reason."""

    decision: str
    forecaster: Forecaster
    reason: str


def appoint(trial: Trial, champion: Forecaster | None, champion_version: str | None) -> Appointment:
    """Promote the model if it passed; else keep the champion; without one, the best baseline takes the place.

    A champion whose recipe won again, or a baseline in charge, is refitted to the newer history; it stays
    what it is.
    """
    model, verdict, best = trial.model, trial.verdict, trial.best_baseline
    sentence = verdict.sentence(f"the model ({model.title})")
    reigning = (
        None if champion is None else f"{_kind(champion)} {champion.title} (version {champion_version})"
    )
    if verdict.passed:
        if champion is not None and champion.recipe == model.recipe:
            return Appointment(
                REFITTED, model, f"{_sentence(sentence)}; it is the champion already and was refitted."
            )
        return Appointment(PROMOTED, model, f"{_sentence(sentence)}.")
    if champion is None:
        return Appointment(
            PROMOTED, best, f"{_sentence(sentence)}; the best baseline, {best.title}, becomes champion."
        )
    leaked = [check for check in trial.checks if not check.passed]
    gap = trial.baseline_over_champion
    if champion.is_baseline and not leaked:
        if gap is not None and gap.high < 0:
            reason = f"the baseline {best.title} is shown to be better than {reigning} and becomes champion."
            return Appointment(PROMOTED, best, f"{_sentence(sentence)}; {reason}")
        return Appointment(REFITTED, champion, f"{_sentence(sentence)}; {reigning} stays champion, refitted.")
    return Appointment(KEPT, model, f"{_sentence(sentence)}; {reigning} stays champion.")


def _kind(forecaster: Forecaster) -> str:
    return "the baseline" if forecaster.is_baseline else "the model"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
