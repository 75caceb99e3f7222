"""Makes Superset's own database ready in one process: tables, permissions, roles and the bundle.

    python metadata.py      (environment: see superset_config.py)

Four `superset` commands would each import Superset anew; this does their work in one go, and may be repeated.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import assets

Result = TypeVar("Result")
SCHEMA = "okr_curated"


def main() -> None:
    """Do every step and say how long each took."""
    create_app = timed("import", lambda: __import__("superset.app", fromlist=["create_app"]).create_app)
    app = timed("application", create_app)
    with app.app_context():
        timed("tables", upgrade)
        timed("permissions", permissions)
        timed("bundle", import_bundle)
        timed("roles", roles)


def upgrade() -> None:
    """Bring the tables to the installed version's."""
    from flask_migrate import upgrade as migrate

    migrate()


def permissions() -> None:
    """What `superset init` does."""
    from superset.extensions import appbuilder, db, security_manager

    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()
    db.session.commit()


def import_bundle() -> None:
    """The dashboards."""
    from exchange import import_assets

    import_assets()


def roles() -> None:
    """The roles of this product."""
    from superset.extensions import db, security_manager
    from superset.models.core import Database

    from roles import write_roles

    warehouse = next(each for path, each in assets.read().items() if path.startswith("databases/"))
    database = db.session.query(Database).filter_by(uuid=warehouse["uuid"]).one()
    write_roles(security_manager, database, SCHEMA)
    db.session.commit()


def timed(what: str, work: Callable[[], Result]) -> Result:
    """The result of a step, with a line in the log that says how long it took."""
    begun = time.monotonic()
    result = work()
    sys.stderr.write(f"{what}: {time.monotonic() - begun:.1f} s\n")
    return result


if __name__ == "__main__":
    main()
