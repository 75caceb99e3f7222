"""G2: what the project and its profile must say; read from YAML, not from SQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

RULE = "G2-quoting"
NAME = "dbt quotes nothing, and the Oracle profile names its database and its protocol"
BREAKS = (
    "Oracle stores bare names in upper case: a quoted lower-case one is another table "
    "(ORA-00942, ORA-00955). "
    "Without `database:` the catalog stays empty, without `protocol:` dbt-oracle asks for "
    "`None://` (DPY-4021)."
)
INSTEAD = (
    "quoting: {database: false, schema: false, identifier: false}; "
    "database: FREEPDB1 and protocol: tcp in profiles.yml."
)
BAD = "quoting: {identifier: true}"
GOOD = "quoting: {database: false, schema: false, identifier: false}"
PARTS = ("database", "schema", "identifier")


def wrong_settings(project: Path) -> Iterator[tuple[str, str]]:
    """File and what is wrong in it."""
    quoting = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8")).get("quoting", {})
    for part in PARTS:
        if quoting.get(part) is not False:
            yield "dbt_project.yml", f"quoting: {part} is not false"
    profiles = yaml.safe_load((project / "profiles.yml").read_text(encoding="utf-8"))
    for name, profile in profiles.items():
        for target, output in profile.get("outputs", {}).items():
            missing = [key for key in ("database", "protocol") if not output.get(key)]
            for key in missing if output.get("type") == "oracle" else ():
                yield "profiles.yml", f"{name}.{target} has no {key}"
