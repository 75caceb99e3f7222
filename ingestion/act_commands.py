"""Commands that act on the ledger: `files release|retract|reclassify` and `rejects replay`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TextIO

import click

import settings
from ingestion import file_acts, ledger, replaying
from ingestion.command import one_line_errors
from ingestion.csv_source import CSV_SOURCE, SOURCE_NAME
from ingestion.errors import IngestionError
from ingestion.events import Teller
from ingestion.ledger_commands import files, open_database, rejects

__all__ = ["files", "rejects"]

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
reason_option = click.option("--reason", help="Why; kept in the ledger.")
overtaken_option = click.option(
    "--overtaken",
    "is_to_rule",
    is_flag=True,
    help="Also where newer content of the same date has overtaken it: it rules again.",
)


@files.command("release")
@click.argument("file")
@reason_option
@overtaken_option
@as_json_option
@one_line_errors
def release(file: str, reason: str | None, is_to_rule: bool, as_json: bool) -> None:
    """Publish a held FILE as it is, or one that was retracted, by path or start of its id.

    Example: python -m ingestion files release acme/teams.csv --reason 'the last page is missing, known'
    """
    _tell(file_acts.release(open_database(), file, reason, is_to_rule), as_json)


@files.command("retract")
@click.argument("file")
@reason_option
@as_json_option
@one_line_errors
def retract(file: str, reason: str | None, as_json: bool) -> None:
    """Take FILE out of all answers from now on, as if it had never come; older answers stay as they were.

    Example: python -m ingestion files retract acme/teams.csv --reason 'exported from the wrong tenant'
    """
    _tell(file_acts.retract(open_database(), file, reason), as_json)


@files.command("reclassify")
@click.argument("file")
@click.argument("dataset", required=False)
@click.option(
    "--column", "columns", multiple=True, metavar="NAME=NAME", help="What a column of the file means."
)
@overtaken_option
@as_json_option
@one_line_errors
def reclassify(
    file: str, dataset: str | None, columns: tuple[str, ...], is_to_rule: bool, as_json: bool
) -> None:
    """Take the rows of FILE for another DATASET from now on, without reloading.

    Without DATASET its header is recognised anew, which helps when datasets.yml has learnt it.

    Example: python -m ingestion files reclassify acme/cycles.csv template.cycles --column ends=end_date
    """
    renamed = dict(_pair(column) for column in columns)
    _tell(file_acts.reclassify(open_database(), file, dataset, renamed, is_to_rule), as_json)


@rejects.command("replay")
@click.argument("file")
@click.argument("row_number", type=int, required=False)
@click.option("--text", help="The mended row, in the file's own form.")
@click.option("--text-file", type=click.File(encoding="utf-8"), help="A file with it; - is standard input.")
@overtaken_option
@as_json_option
@one_line_errors
def replay(file: str, row_number: int | None, as_json: bool, **options: Any) -> None:
    """Read a reject of FILE again, as it was or mended, and load it; without a row all that are open.

    It is loaded under its file and row number. The reject stays and is marked resolved.

    Example: python -m ingestion rejects replay acme/teams.csv 12 --text '12,Platform,team,1'
    """
    text: str | None = options["text"]
    text_file: TextIO | None = options["text_file"]
    if text is not None and text_file:
        raise click.UsageError("--text and --text-file: give one of them")
    mended = text_file.read() if text_file else text
    if mended is not None and row_number is None:
        raise click.UsageError("a mended text is of one row: name it, FILE ROW_NUMBER --text TEXT")
    found, wanted = _open_rejects(file, row_number, options["is_to_rule"])
    facts = _replay(found, wanted, mended, Teller(as_json=False) if not as_json else lambda event: None)
    if as_json:
        click.echo(json.dumps(facts, default=str))
    else:
        click.echo(_replayed(facts))
    if facts["refused"]:
        raise click.exceptions.Exit(1)


def _replay(
    found: dict[str, Any], wanted: list[dict[str, Any]], mended: str | None, tell: Any
) -> dict[str, Any]:
    configured = settings.load()
    limit = CSV_SOURCE.parse({"name": SOURCE_NAME, "input.path": str(configured.data)})["record.max.bytes"]
    readings = [replaying.read_again(found, entry, mended, limit) for entry in wanted]
    how = "replayed as it was" if mended is None else "replayed, mended"
    outcome = replaying.replay(configured, found, readings, how, tell)
    refused = []
    for reading in readings:
        if reading.row_number not in outcome["replayed"]:
            reason = reading.problem or "it was not taken: `okr files show` tells how its file is now"
            where = {"row_number": reading.row_number, "line_number": reading.line_number}
            refused.append({**where, "reason": reason})
    facts = {name: found[name] for name in ("path", "file_id", "status")}
    return {**facts, "replayed": outcome["replayed"], "refused": refused, "open": len(outcome["open"])}


def _open_rejects(
    file: str, row_number: int | None, is_to_rule: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The file and those of its rejects that are meant and open."""
    database = open_database()
    found = ledger.find_file(database, file)
    # Into a held file nothing is said by a replay: that is asked when it is released.
    if found["status"] == "loaded" and not is_to_rule:
        file_acts.refuse_overtaken(database, found)
    every = ledger.list_rejects(database, found["file_id"], None)
    database.close()
    wanted = [entry for entry in every if row_number in (None, entry["row_number"])]
    if row_number is not None and not wanted:
        raise IngestionError(f"no reject of row {row_number} in '{file}'")
    if row_number is not None and wanted[0]["resolved_at"]:
        raise IngestionError(
            f"row {row_number} of '{found['path']}' is resolved already: {wanted[0]['resolution']}"
        )
    return found, [entry for entry in wanted if not entry["resolved_at"]]


def _replayed(facts: Mapping[str, Any]) -> str:
    lines = [
        f"{facts['path']}:{each['line_number']} (row {each['row_number']}) still can't be read: "
        f"{each['reason']}"
        for each in facts["refused"]
    ]
    held = ", which is held: `okr files release` publishes it" if facts["status"] == "held" else ""
    lines.append(
        f"{len(facts['replayed'])} rows replayed, {facts['open']} rejects of {facts['path']} are open{held}"
    )
    return "\n".join(lines)


def _pair(text: str) -> tuple[str, str]:
    name, equals, meaning = text.partition("=")
    if not (name and equals and meaning):
        raise click.UsageError(f"--column {text!r}: must be NAME=NAME, a column of the file and its meaning")
    return name, meaning


def _tell(facts: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts, default=str))
        return
    numbers = ", ".join(str(number) for number in facts["publications"])
    click.echo(
        f"{facts['path']} is {facts['status']} as {facts['dataset']}: {facts['rows_loaded']} rows, "
        + (f"publication {numbers}" if numbers else "nothing published")
        + (f" ({facts['reason']})" if facts["reason"] else "")
    )
