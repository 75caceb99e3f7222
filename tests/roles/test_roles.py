"""Each right on docs/roles.md, given or refused, is tried: on a new database, when built, when built anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

import settings
from settings import ROOT, Role

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

ROLES = [role for role in Role if role is not Role.ADMIN]
OTHERS = ", all others"
ALL = ", all"
WORDS = {"read", "add", "change", "remove"}
OWNS = frozenset({*WORDS, "truncate", "alter", "drop"})
EVERYTHING_ELSE = {
    "make temporary tables": ["create temporary table tried (one integer)"],
    "make tables in `okr_processed` and `okr_curated`": [
        "create table okr_processed.tried (one integer)",
        "create table okr_curated.tried (one integer)",
    ],
    "make tables in `okr_raw`, `okr_ml`, `okr_ops` or `public`": [
        f"create table {schema}.tried (one integer)" for schema in ("okr_raw", "okr_ml", "okr_ops", "public")
    ],
    "make schemas": ["create schema tried"],
    "drop the schemas `okr_raw`, `okr_ml` and `okr_ops`": [
        f"drop schema {schema} cascade" for schema in ("okr_raw", "okr_ml", "okr_ops")
    ],
    "make or change roles, make databases or extensions": [
        "create role tried",
        "alter role okr_airflow password 'tried'",
        "alter role okr_airflow set search_path = okr_raw",
        "create extension pg_stat_statements schema public",
    ],
    "read password hashes, or files of the server": [
        "select 1 from pg_authid",
        "select pg_read_file('PG_VERSION')",
        "copy (select 1) to program 'true'",
    ],
}


def page_table(first_column: str) -> dict[str, dict[Role, str]]:
    """A table of the page: row to role to cell."""
    lines = [line for line in (ROOT / "docs" / "roles.md").read_text().splitlines() if line.startswith("|")]
    begin = next(number for number, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    heads = [cell.strip() for cell in lines[begin].strip("|").split("|")][1:]
    assert [Role(head) for head in heads] == ROLES
    table = {}
    for line in lines[begin + 2 :]:
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != len(heads) or name in ("table", "may"):
            break
        table[name] = dict(zip(ROLES, cells, strict=True))
    return table


ROWS = page_table("table")
MAY = page_table("may")


def promised(schema: str, name: str, role: Role) -> frozenset[str]:
    """What the page says a role may do with a relation."""
    for row in (f"`{schema}.{name}`", f"`{schema}`{OTHERS}", f"`{schema}`{ALL}"):
        if row in ROWS:
            cell = ROWS[row][role]
            return OWNS if cell == "owner" else frozenset(cell.split(", ")) - {""}
    return frozenset({"a row on docs/roles.md"})


def tried(tries: Any, role: Role, relation: str, kind: str, column: str | None) -> frozenset[str]:
    """What a role may do with a relation."""
    noun = "table" if kind == "r" else "view"
    statements = {"read": f"select * from {relation} limit 0", "drop": f"drop {noun} {relation}"}
    statements["alter"] = f"alter {noun} {relation} rename to tried"
    if kind == "r":
        statements |= {
            "add": f"insert into {relation} default values",
            "change": f'update {relation} set "{column}" = null where false',
            "remove": f"delete from {relation} where false",
            "truncate": f"truncate {relation}",
        }
    return frozenset(right for right, statement in statements.items() if tries.allowed(role, statement))


def differences(tries: Any) -> list[str]:
    """Where what may be done is not what the page says."""
    columns, relations = tries.columns(), tries.relations()
    assert len(relations) >= 17
    found = []
    for role in ROLES:
        if not MAY["sign in to the warehouse"][role]:
            assert not tries.allowed(role, "select 1")
            continue
        for schema, name, kind in relations:
            said = promised(schema, name, role)
            may = tried(tries, role, f'{schema}."{name}"', kind, columns.get((schema, name)))
            if may != (said if kind == "r" else said & {"read", "alter", "drop"}):
                found.append(f"{role} on {schema}.{name}: may {sorted(may)}, the page says {sorted(said)}")
    return found


def test_rights_of_a_new_database_are_those_of_the_page(new_database: Any) -> None:
    assert differences(new_database) == []


@pytest.mark.kafka
def test_rights_survive_builds_and_a_full_refresh(built: Any, build_again: Callable[..., None]) -> None:
    assert differences(built) == []
    build_again()
    build_again("--full-refresh")
    relations = built.relations()
    assert len([name for schema, name, _ in relations if schema == "okr_curated"]) > 20
    assert differences(built) == []


@pytest.mark.kafka
def test_no_role_but_the_owner_writes_through_a_view(built: Any) -> None:
    views = [(schema, name) for schema, name, kind in built.relations() if kind == "v"]
    assert len(views) > 20
    writers = {
        (role, name)
        for role in ROLES
        for schema, name in views
        if role not in (Role.TRANSFORMER, Role.AIRFLOW)
        and built.works(role, f'delete from {schema}."{name}" where false')
    }
    assert writers == set()


@pytest.mark.parametrize("may", EVERYTHING_ELSE)
def test_what_else_a_role_may_do_is_what_the_page_says(may: str, new_database: Any) -> None:
    inside = [role for role in ROLES if MAY["sign in to the warehouse"][role]]
    for statement in EVERYTHING_ELSE[may]:
        allowed = {role for role in inside if new_database.allowed(role, statement)}
        assert allowed == {role for role in inside if MAY[may][role]}, statement


def test_nobody_becomes_another(new_database: Any, warehouse: settings.Settings) -> None:
    inside = [role for role in ROLES if MAY["sign in to the warehouse"][role]]
    became = {
        (role, other)
        for role in inside
        for other in Role
        if other is not role and new_database.allowed(role, f"set role {warehouse.postgres.user(other)}")
    }
    assert became == set()
    assert not any(MAY["become another role"].values())


def test_no_role_has_a_power_over_the_server(warehouse: settings.Settings, new_database: Any) -> None:
    powers = (
        "select rolname from pg_roles where rolname = any(%s)"
        " and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)"
    )
    logins = [warehouse.postgres.user(role) for role in ROLES]
    with psycopg.connect(warehouse.postgres.conninfo(Role.ADMIN)) as connection:
        assert connection.execute(powers, [logins]).fetchall() == []
        found = connection.execute("select count(*) from pg_roles where rolname = any(%s)", [logins])
        assert found.fetchone() == (len(ROLES),)


def test_each_row_of_the_page_is_tried() -> None:
    signing_in = {name for name in MAY if name.startswith("sign in to")}
    assert set(MAY) == {*signing_in, *EVERYTHING_ELSE, "become another role"}
    assert len(signing_in) == 4
    assert {word for row in ROWS.values() for cell in row.values() for word in cell.split(", ")} <= {
        *WORDS, "owner", "",
    }  # fmt: skip


@pytest.mark.parametrize("service", ["mlflow", "airflow", "superset"])
def test_a_services_database_is_open_to_that_service_alone(
    service: str, services_databases: None, tries_of: Callable[[str], Any], warehouse: settings.Settings
) -> None:
    tries = tries_of(getattr(warehouse.postgres, f"{service}_database"))
    allowed = {role for role in ROLES if tries.allowed(role, "select 1")}
    tries.close()
    assert allowed == {role for role in ROLES if MAY[f"sign in to the database `{service}`"][role]}
