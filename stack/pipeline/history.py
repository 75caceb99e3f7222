"""What each run did, kept in okr_ops.run_stages."""

from __future__ import annotations

import logging

import psycopg
from psycopg.types.json import Jsonb

import settings
from settings import Role
from stack.pipeline.stage import Result

__all__ = ["record_stages"]

logger = logging.getLogger(__name__)

INSERT = """
insert into okr_ops.run_stages (run_id, stage, outcome, seconds, detail)
values (%s, %s, %s, %s, %s)
"""


def record_stages(config: settings.Settings, run_id: str, results: list[Result]) -> None:
    """Write the stages of a run. Without a database there is nowhere to write, and the run has said why."""
    try:
        with psycopg.connect(config.postgres.conninfo(Role.ADMIN), connect_timeout=5) as connection:
            for result in results:
                detail = Jsonb({"text": result.text, **result.facts})
                connection.execute(
                    INSERT, [run_id, result.stage, result.verdict.value, round(result.seconds, 3), detail]
                )
    except psycopg.Error as problem:
        logger.warning(
            "The stages of run %s were not recorded: %s", run_id, str(problem).strip().split("\n", 1)[0]
        )
