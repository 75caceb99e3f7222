"""Checking a door: what is there, what is expected of it, and what Great Expectations found."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import great_expectations as gx
import psycopg
from filelock import FileLock
from psycopg.conninfo import conninfo_to_dict

from quality.data_docs import build_site, context_config, forget_old_runs
from quality.errors import QualityError
from quality.findings import findings_of
from quality.front_page import write_front_page
from quality.results import past_runs, store
from quality.suites.asset import Asset
from quality.suites.contract import FEATURES, LABELS
from quality.suites.model import model_assets
from quality.suites.raw import raw_assets
from quality.verdict import Finding, Verdict
from settings import Role, Settings

if TYPE_CHECKING:
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext

__all__ = ["Check", "Door", "check_door"]

logger = logging.getLogger(__name__)


NEWEST_BUILD = """
select as_of_date from okr_ops.builds
where finished_at is not null
order by finished_at desc
fetch first 1 rows only
"""


class Door(StrEnum):
    """The two places where Great Expectations stands."""

    RAW = "raw"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict and the page that shows it."""

    verdict: Verdict
    data_docs: Path


def check_door(settings: Settings, door: Door) -> Check:
    """Check one door, write its Data Docs and store its findings in okr_ops.quality_results.

    Raises QualityError where there is nothing to look at: no database, no tables.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    # One at a time: Great Expectations keeps its suites and pages in one folder, for all checks.
    with FileLock(settings.home / "quality.lock"), _connection(settings) as connection:
        assets = _raw(settings, connection) if door is Door.RAW else _model(settings, connection)
        validation_id = f"{door}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        folder = settings.home / "quality"
        verdict = Verdict(
            door.value, validation_id, tuple(_validate(settings, folder, validation_id, assets))
        )
        store(connection, verdict)
        page = write_front_page(folder, verdict, past_runs(connection))
    logger.info("checked door %s: %s", door, verdict.outcome)
    return Check(verdict, page)


@contextmanager
def _connection(settings: Settings) -> Iterator[psycopg.Connection]:
    postgres = settings.postgres
    try:
        # A transaction that stays open during the check would make a build wait for its tables.
        connection = psycopg.connect(postgres.conninfo(Role.QUALITY), autocommit=True)
    except psycopg.OperationalError as problem:
        reason = str(problem).strip().splitlines()[0]
        address = postgres.public_address(Role.QUALITY)
        raise QualityError(
            f"cannot reach the warehouse at {address}: {reason}; start it with `okr run`"
        ) from problem
    with connection:
        yield connection


def _raw(settings: Settings, connection: psycopg.Connection) -> list[Asset]:
    _demand(connection, "okr_raw.files", "migrate it with `alembic -c migrations/alembic.ini upgrade head`")
    rows = connection.execute("select distinct dataset from okr_raw.files where status = 'loaded'").fetchall()
    return raw_assets({str(dataset) for (dataset,) in rows}, settings.resolved_as_of())


def _model(settings: Settings, connection: psycopg.Connection) -> list[Asset]:
    for table in (FEATURES, LABELS):
        _demand(connection, table, "build it with `dbt build`")
    counts = [_scalar(connection, f"select count(*) from {table}") for table in (FEATURES, LABELS)]
    as_of: date = _scalar(connection, NEWEST_BUILD) or settings.resolved_as_of()
    return model_assets(as_of, *counts)


def _demand(connection: psycopg.Connection, table: str, remedy: str) -> None:
    if _scalar(connection, "select to_regclass(%s)", table) is None:
        raise QualityError(f"{table} does not exist in database '{connection.info.dbname}': {remedy}")


def _scalar(connection: psycopg.Connection, query: str, *values: Any) -> Any:
    row = connection.execute(query.encode(), values).fetchone()
    return row[0] if row else None


def _validate(settings: Settings, folder: Path, validation_id: str, assets: list[Asset]) -> list[Finding]:
    folder.mkdir(parents=True, exist_ok=True)
    forget_old_runs(folder)
    context = gx.get_context(mode="ephemeral", project_config=context_config(folder))
    source = _datasource(context, settings)
    definitions = [_definition(context, source, asset) for asset in assets]
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name=validation_id, validation_definitions=definitions, result_format="SUMMARY")
    )
    outcome = checkpoint.run(run_id=gx.RunIdentifier(run_name=validation_id))
    build_site(context, folder, list(outcome.run_results), [asset.suite for asset in assets])
    by_suite = {result.suite_name: result.results for result in outcome.run_results.values()}
    return [finding for asset in assets for finding in findings_of(asset, by_suite[asset.suite])]


def _definition(context: EphemeralDataContext, source: Any, asset: Asset) -> gx.ValidationDefinition:
    # GX asks for a query that begins with "select"; ours begin with "with".
    query = f"select * from (\n{asset.query.strip()}\n) as checked"
    batch = source.add_query_asset(asset.name, query=query).add_batch_definition_whole_table("all rows")
    suite = gx.ExpectationSuite(asset.suite, expectations=asset.expectations)
    suite = context.suites.add_or_update(suite)
    definition = gx.ValidationDefinition(name=asset.suite, data=batch, suite=suite)
    return context.validation_definitions.add(definition)


def _datasource(context: EphemeralDataContext, settings: Settings) -> Any:
    """The warehouse, read only.

    The login goes to the driver: in an address GX would take a `$` for a variable and could write it down.
    """
    login = conninfo_to_dict(settings.postgres.conninfo(Role.QUALITY))
    login["options"] = "-c default_transaction_read_only=on"
    sources: Any = context.data_sources  # GX's stub file leaves out the driver's arguments
    return sources.add_postgres(
        "warehouse",
        connection_string="postgresql+psycopg2://okr_quality@localhost/okr",
        kwargs={"connect_args": login},
    )
