"""Rollback: the champion before this one takes charge again."""

from __future__ import annotations

import importlib

import sqlalchemy as sa

from ml import decisions, signals
from ml.decisions import ROLLED_BACK, Decision
from ml.errors import RegistryError
from ml.events import Reporter
from settings import Role, Settings

__all__ = ["rollback"]

STAGE = "rollback"


def rollback(settings: Settings, reporter: Reporter) -> None:
    """Move the alias to the predecessor of the version in charge, and write it down.

    The decision's input fingerprint stays, so that the next training does not promote the same model again
    before there is something new to learn from.
    Raises RegistryError when there is no earlier champion.
    """
    engine = sa.create_engine(settings.postgres.sqlalchemy_url(Role.ML))
    last = decisions.last(engine)
    if last is None or last.model_version is None:
        raise RegistryError("there is no champion to roll back: train first")
    earlier = decisions.predecessor(engine, last.model_version)
    if earlier is None or earlier.model_version is None:
        raise RegistryError(
            f"there is no earlier champion than version {last.model_version} ({last.champion})"
        )
    decision = Decision(
        training_id=earlier.training_id,
        decision=ROLLED_BACK,
        champion=earlier.champion,
        model_name=earlier.model_name,
        model_version=earlier.model_version,
        previous_version=last.model_version,
        is_baseline=earlier.is_baseline,
        reason=f"Rolled back by hand from version {last.model_version} ({last.champion}) to version "
        f"{earlier.model_version} ({earlier.champion}).",
        input_fingerprint=last.input_fingerprint,
    )
    registry = importlib.import_module("ml.registry").Registry(settings)
    with engine.begin() as connection:
        decisions.record(connection, decision)
        registry.appoint(earlier.model_version)
        signals.announce(connection, decision)
    reporter.done(
        STAGE,
        decision.reason,
        champion=decision.champion,
        is_baseline=decision.is_baseline,
        model_version=decision.model_version,
        previous_version=decision.previous_version,
    )
