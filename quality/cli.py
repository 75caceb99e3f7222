"""The command `python -m quality`."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from typing import Any

import click

import settings
from quality.errors import QualityError

__all__ = ["main"]


@click.group()
def main() -> None:
    """Check the data at the two doors of the warehouse.

    Example: python -m quality check --door raw
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)


@main.command()
@click.option(
    "--door",
    type=click.Choice(["raw", "model"]),
    required=True,
    help="raw: what came in; model: what is trained on.",
)
@click.option("--events", is_flag=True, help="Print JSON lines for machines instead of text.")
def check(door: str, events: bool) -> None:
    """Check one door, store the verdict and write the Data Docs.

    Exit code 0: passed or warned. 1: failed, with one line per critical expectation that was not met.
    2: a setting is wrong.

    Example: python -m quality check --door model
    """
    try:
        loaded = settings.load()
        if events:
            _say(event="start", stage=f"quality_{door}")
        # Great Expectations takes seconds to import: usage errors and --help do not wait for it.
        from quality.doors import Door, check_door  # noqa: PLC0415

        result = check_door(loaded, Door(door))
    except settings.SettingsError as problem:
        _fail(str(problem), door, events, code=2)
    except QualityError as problem:
        _fail(str(problem), door, events)
    except OSError as problem:
        if line := settings.full_disk(problem):
            _fail(line, door, events)
        raise
    verdict = result.verdict
    unmet = [*verdict.unmet(critical=True), *verdict.unmet(critical=False)]
    if events:
        for finding in unmet:
            _say(event="message", stage=f"quality_{door}", text=finding.line())
        _say(event="done", stage=f"quality_{door}", **_facts(result))
    else:
        _table(result)
        for finding in unmet:
            click.echo(finding.line())
        click.echo(f"door {door} {verdict.sentence()}")
        click.echo(f"Data Docs: {result.data_docs}")
    sys.exit(1 if verdict.outcome == "failed" else 0)


def _facts(result: Any) -> dict[str, Any]:
    verdict = result.verdict
    return {
        "door": verdict.door,
        "verdict": verdict.outcome,
        "text": verdict.sentence(),
        "expectations": len(verdict.findings),
        "unmet_critical": len(list(verdict.unmet(critical=True))),
        "unmet_warnings": len(list(verdict.unmet(critical=False))),
        "validation_id": verdict.validation_id,
        "data_docs": str(result.data_docs),
    }


def _table(result: Any) -> None:
    findings = result.verdict.findings
    assets = list(dict.fromkeys(finding.asset for finding in findings))
    met = Counter(finding.asset for finding in findings if finding.is_met)
    total = Counter(finding.asset for finding in findings)
    width = max(map(len, assets))
    for asset in assets:
        click.echo(f"{asset:<{width}}  {met[asset]:>3} of {total[asset]:>3} met")


def _fail(text: str, door: str, events: bool, code: int = 1) -> None:
    if events:
        _say(event="done", stage=f"quality_{door}", door=door, verdict="error", text=text)
    else:
        click.echo(f"Error: {text}", err=True)
    sys.exit(code)


def _say(**event: Any) -> None:
    click.echo(json.dumps(event))
