"""Dashboards as code: build, check, import and export what lies in assets/.

python superset/bundle.py check              every link, column, metric and description
python superset/bundle.py build [FILE]       the zip Superset's own import takes, the same bytes each time
python -m stack.services.superset_bundle import     into Superset's own database
python -m stack.services.superset_bundle export     back into assets/, after a change in the browser
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import assets
from asset_rules import problems

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
ROOT_IN_ZIP = "okr_warehouse"


def main(words: list[str] | None = None) -> int:
    """Do what the command line says; 0 when it is done, 1 when it cannot be, 2 for wrong usage."""
    reader = argparse.ArgumentParser(prog="bundle.py", description="Dashboards as code")
    commands = reader.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="test every link, column, metric and description")
    build_reader = commands.add_parser("build", help="write the zip that Superset's import takes")
    build_reader.add_argument("file", type=Path, nargs="?", default=Path("okr_warehouse.zip"))
    commands.add_parser("import", help="bring assets/ into Superset (run with .venv-superset's python)")
    commands.add_parser("export", help="write Superset's dashboards back into assets/")
    given = reader.parse_args(words)
    if given.command == "check":
        return check()
    if given.command == "build":
        given.file.write_bytes(zipped())
        say(f"Wrote {given.file}")
        return 0
    from exchange import in_superset  # only Superset's environment has what it needs

    say(in_superset(given.command))
    return 0


def check() -> int:
    """Say what is wrong with the files, a line each."""
    found = problems(assets.read())
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    if not found:
        counts = {kind: sum(path.startswith(f"{kind}/") for path in assets.read()) for kind in assets.KINDS}
        say("Sound: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
    return 1 if found else 0


def zipped(folder: Path = assets.FOLDER) -> bytes:
    """The files as a zip; the same files give the same bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(folder.rglob("*.yaml")):
            name = f"{ROOT_IN_ZIP}/{path.relative_to(folder).as_posix()}"
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def say(text: str) -> None:
    """A line for whoever ran the command."""
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
