"""What the roles may do in Superset. Data are guarded once more: its login reads okr_curated only."""

from __future__ import annotations

from typing import Any

# On top of what Superset itself calls enough to look at a dashboard (PUBLIC_ROLE_PERMISSIONS).
LOOKING = {
    ("menu_access", "Dashboards"),
    ("menu_access", "Charts"),
    ("can_read", "Dataset"),
    ("can_read", "Database"),
    ("can_csv", "Superset"),
    ("can_view_chart_as_table", "Dashboard"),
    ("can_view_query", "Dashboard"),
    ("can_drill", "Dashboard"),
    ("can_get_drill_info", "Dataset"),
    ("can_recent_activity", "Log"),
    ("can_write", "DashboardPermalinkRestApi"),
    ("can_log", "Superset"),
    ("can_read", "SecurityRestApi"),
}


def write_roles(security: Any, database: Any, schema: str) -> None:
    """Bring the roles "OKR viewer" and "OKR operator" to what is said here; commits nothing."""
    permissions = security._get_all_pvms()
    catalog = database.get_default_catalog()
    schemas = {table.schema_perm for table in database.tables if table.schema == schema}
    schemas.add(security.get_schema_perm(database.database_name, catalog, schema))
    reach = {("schema_access", name) for name in schemas}
    looking = security.PUBLIC_ROLE_PERMISSIONS | LOOKING | reach

    def viewer(permission: Any) -> bool:
        return (permission.permission.name, permission.view_menu.name) in looking

    def operator(permission: Any) -> bool:
        return security._is_alpha_pvm(permission) or security._is_sql_lab_pvm(permission)

    security.set_role("OKR viewer", viewer, permissions)
    security.set_role("OKR operator", operator, permissions)
