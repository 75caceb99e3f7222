"""`okr logs`: the logs of the services in one place."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

import settings
from stack.cli.command import command, json_option
from stack.errors import StackError

__all__ = ["logs"]

LOOK_EVERY = 0.5


@command("logs", "okr logs", "okr logs airflow_scheduler", "okr logs worker -f", "okr logs api -n 200")
@click.argument("service", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are added.")
@click.option("-n", "--lines", type=click.IntRange(0), default=50, show_default=True, help="Lines to show.")
@json_option
def logs(service: str | None, follow: bool, lines: int, as_json: bool) -> None:
    """Show the end of a SERVICE's log.

    Without one, list the logs there are.
    """
    folder = settings.load().home / "logs"
    found = {path.stem: path for path in sorted(folder.glob("*.log"))}
    if service is None:
        _list(found, as_json)
        return
    if service not in found:
        names = ", ".join(found) or "none yet"
        raise StackError(f"no log of {service!r} in {str(folder)!r}; there are: {names}")
    if as_json and follow:
        raise click.UsageError("--json and --follow exclude each other")
    last = _last_lines(found[service], lines)
    if as_json:
        click.echo(json.dumps({"name": service, "path": str(found[service]), "lines": last}))
        return
    for line in last:
        click.echo(line)
    if not last and lines:
        click.echo(f"{found[service]} is empty: {service} has had nothing to say", err=True)
    if follow:
        for text in _added(found[service]):
            click.echo(text, nl=False)


def _list(found: dict[str, Path], as_json: bool) -> None:
    entries = [
        {"name": name, "path": str(path), "bytes": path.stat().st_size, "changed_at": _changed(path)}
        for name, path in found.items()
    ]
    if as_json:
        click.echo(json.dumps(entries))
        return
    for entry in entries:
        click.echo(f"{entry['name']:<24} {entry['bytes']:>12,} bytes  {entry['changed_at']}  {entry['path']}")


def _changed(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def _last_lines(path: Path, count: int) -> list[str]:
    """The last lines; where the log was just turned over, the one before is read on."""
    text = "".join(
        part.read_text(errors="replace") for part in (path.with_name(f"{path.name}.1"), path) if part.exists()
    )
    return text.splitlines()[-count:] if count else []


def _added(path: Path) -> Iterator[str]:
    """What is written from now on, for ever; a log that is turned over is followed into the new file."""
    log = path.open(errors="replace")
    log.seek(0, os.SEEK_END)
    while True:
        if text := log.read():
            yield text
            continue
        time.sleep(LOOK_EVERY)
        try:
            turned = path.stat().st_ino != os.fstat(log.fileno()).st_ino
        except FileNotFoundError:
            continue
        if turned:
            log.close()
            log = path.open(errors="replace")
