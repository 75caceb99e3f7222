"""Between assets/ and a Superset: import and export through Superset's own commands, in its environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml
from flask import current_app

import assets

KEEPER = "okr-warehouse"
VOLATILE = ("datasource", "slice_id", "dashboards", "extra_form_data", "url_params")


def in_superset(command: str) -> str:
    """Make the application, do one command in it, and say what was done."""
    from superset.app import create_app

    with create_app().app_context():
        return {"import": import_assets, "export": export_assets}[command]()


def import_assets() -> str:
    """Bring Superset to what the files say; what was changed in the browser since gives way."""
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    files = assets.read()
    for path, asset in files.items():
        if path.startswith("databases/"):
            warehouse = current_app.config["WAREHOUSE"].set(password=None)
            asset["sqlalchemy_uri"] = warehouse.render_as_string()
    with the_keeper():
        ImportAssetsCommand({path: assets.as_yaml(asset) for path, asset in files.items()}).run()
    return f"Imported {len(files)} files"


def export_assets() -> str:
    """Write the dashboards the files know, and every published one, back into the files."""
    from superset.commands.dashboard.export import ExportDashboardsCommand
    from superset.extensions import db
    from superset.models.dashboard import Dashboard

    files = assets.read()
    known = {asset["uuid"]: path for path, asset in files.items() if "uuid" in asset}
    wanted = [
        dashboard.id
        for dashboard in db.session.query(Dashboard)
        if str(dashboard.uuid) in known or dashboard.published
    ]
    with the_keeper():
        exported = {
            path: yaml.safe_load(content()) for path, content in ExportDashboardsCommand(wanted).run()
        }
    numbers = chart_numbers(files, exported)
    changed = 0
    for asset in exported.values():
        path = known.get(asset.get("uuid", "")) or place(asset)
        if path is None or path.startswith("databases/"):
            continue  # the address of a database is this environment's, not the files'
        fresh = settled(asset, numbers)
        if files.get(path) != fresh:
            assets.write(assets.FOLDER / path, fresh)
            changed += 1
    return f"Exported {len(exported)} files, {changed} of them changed"


def place(asset: dict[str, Any]) -> str | None:
    """Where a file goes that was made in the browser; None for one that is no asset."""
    for kind, title in (
        ("datasets/okr_warehouse", "table_name"),
        ("charts", "slice_name"),
        ("dashboards", "dashboard_title"),
    ):
        if title in asset:
            return f"{kind}/{re.sub(r'[^a-z0-9]+', '_', asset[title].lower()).strip('_')}.yaml"
    return None


def chart_numbers(files: dict[str, Any], exported: dict[str, Any]) -> dict[str, int]:
    """A number for each chart by uuid: the files' own, for Superset's differ from place to place."""
    numbers = {
        each["meta"]["uuid"]: each["meta"]["chartId"]
        for asset in files.values()
        for each in asset.get("position", {}).values()
        if isinstance(each, dict) and each.get("type") == "CHART"
    }
    for path, asset in exported.items():
        if path.startswith("charts/") and asset["uuid"] not in numbers:
            numbers[asset["uuid"]] = max(numbers.values(), default=0) + 1
    return numbers


def settled(asset: dict[str, Any], numbers: dict[str, int]) -> dict[str, Any]:
    """An exported file without what differs from place to place."""
    if "slice_name" in asset:
        params = {name: value for name, value in asset["params"].items() if name not in VOLATILE}
        return asset | {"params": params, "query_context": None}
    if "dashboard_title" in asset:
        return renumbered(asset, numbers)
    if "table_name" in asset:  # Superset gives columns and metrics in any order
        asset["columns"].sort(key=lambda each: str(each["column_name"]))
        asset["metrics"].sort(key=lambda each: str(each["metric_name"]))
    return asset


def renumbered(dashboard: dict[str, Any], numbers: dict[str, int]) -> dict[str, Any]:
    """A dashboard with the files' numbers for its charts, and without what Superset works out by itself."""
    places = [
        each["meta"]
        for each in dashboard["position"].values()
        if isinstance(each, dict) and each.get("type") == "CHART"
    ]
    ours = {place["chartId"]: numbers[place["uuid"]] for place in places}
    for place in places:
        place["chartId"] = numbers[place["uuid"]]
    metadata = dashboard["metadata"]
    metadata["chart_configuration"] = {}
    metadata.pop("map_label_colors", None)
    for part in [*metadata["native_filter_configuration"], metadata["global_chart_configuration"]]:
        part.pop("chartsInScope", None)
        part.pop("tabsInScope", None)
        part["scope"]["excluded"] = sorted(ours[each] for each in part["scope"]["excluded"] if each in ours)
    return dashboard


@contextmanager
def the_keeper() -> Iterator[None]:
    """Act as the owner of what the product brings: an Admin of Superset nobody can sign in as."""
    from superset.extensions import security_manager
    from superset.utils.core import override_user

    user = security_manager.find_user(KEEPER)
    if user is None:
        admin = security_manager.find_role("Admin")
        security_manager.add_user(KEEPER, "OKR", "Warehouse", f"{KEEPER}@users.invalid", admin)
        user = security_manager.find_user(KEEPER)
    if user.is_active:
        user.active = False
        security_manager.update_user(user)
    with override_user(user):
        yield
