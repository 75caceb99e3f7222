"""Users in a real database, and the commands for them."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from api import user_commands
from api.errors import DatabaseAwayError, UserError
from api.first_admin import ensure_admin
from api.passwords import is_right
from api.users import Users
from settings import ROOT, Settings

pytestmark = pytest.mark.postgres

Python = Callable[..., subprocess.CompletedProcess[str]]
PASSWORD = "correct horse battery"


def test_a_user_is_added_changed_and_removed(users: Users) -> None:
    users.add("Ada@Example.org", "viewer", PASSWORD)
    ada = users.find("ada@example.org")
    assert ada and ada.role == "viewer"
    assert PASSWORD not in repr(ada) and ada.password_hash.startswith("scrypt:")
    assert is_right(PASSWORD, ada.password_hash) and not is_right("guess", ada.password_hash)
    users.set_password(ada.name, PASSWORD + "!")
    changed = users.find(ada.name)
    assert changed and changed.generation == ada.generation + 1 and changed.changed_at > ada.changed_at
    assert is_right(PASSWORD + "!", changed.password_hash)
    users.set_role(ada.name, "admin")
    assert [(each.name, each.role) for each in users.all()] == [("ada@example.org", "admin")]


@pytest.mark.parametrize("name", ["", " ", "a b", "../x", "-x", "x" * 101, "é", "a\0b", "a\nb", "a'b"])
def test_what_is_no_user_name(users: Users, name: str) -> None:
    with pytest.raises(UserError, match="cannot be a user name"):
        users.add(name, "viewer", PASSWORD)


def test_what_else_is_refused(users: Users) -> None:
    users.add("ada", "viewer", PASSWORD)
    with pytest.raises(UserError, match="already"):
        users.add("ADA", "admin", PASSWORD)
    with pytest.raises(UserError, match="'boss' is none of"):
        users.add("bea", "boss", PASSWORD)
    with pytest.raises(UserError, match="10 to"):
        users.add("bea", "viewer", "short")
    for change in (users.remove, users.end_sessions):
        with pytest.raises(UserError, match="no user 'nobody'"):
            change("nobody")


def test_the_last_admin_stays(users: Users) -> None:
    users.add("ada", "admin", PASSWORD)
    users.add("bea", "viewer", PASSWORD)
    for change in (lambda: users.remove("ada"), lambda: users.set_role("ada", "viewer")):
        with pytest.raises(UserError, match="last admin"):
            change()
    users.set_role("ada", "admin")
    users.set_role("bea", "admin")
    users.remove("ada")


def test_two_admins_who_remove_each_other_at_once_leave_one(users: Users) -> None:
    names = [f"admin-{number}" for number in range(4)]
    for name in names:
        users.add(name, "admin", PASSWORD)

    def remove(name: str) -> bool:
        try:
            users.remove(name)
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(remove, names)) == 3
    assert len(users.all()) == 1


def test_sessions_of_someone_removed_do_not_fit_a_later_one(users: Users) -> None:
    first = users.add("ada", "viewer", PASSWORD)
    users.add("root", "admin", PASSWORD)
    users.remove("ada")
    assert users.add("ada", "viewer", PASSWORD).generation != first.generation


def test_the_first_start_makes_the_admin_once(users: Users, warehouse: Settings) -> None:
    with ThreadPoolExecutor(3) as pool:
        made = [path for path in pool.map(ensure_admin, [warehouse] * 3) if path]
    assert made == [warehouse.home / "admin-password"]
    password = made[0].read_text().strip()
    admin = users.find("admin")
    assert admin and admin.role == "admin" and is_right(password, admin.password_hash)
    assert stat.S_IMODE(made[0].stat().st_mode) == 0o600
    assert ensure_admin(warehouse) is None
    assert made[0].read_text().strip() == password
    assert not list(warehouse.home.glob("admin-password.*"))


def test_a_database_that_is_away_is_one_line(warehouse: Settings, python: Python) -> None:
    away = warehouse.model_copy(update={"postgres": warehouse.postgres.model_copy(update={"port": 1})})
    with pytest.raises(DatabaseAwayError, match="does not answer"):
        Users(away).all()
    done = python("api", "user", "list", OKR_PG_PORT="1")
    assert (done.returncode, done.stderr.count("\n"), done.stderr[:7]) == (1, 1, "Error: ")


@pytest.mark.slow
def test_the_commands(users: Users, warehouse: Settings, python: Python) -> None:
    made = python("api", "user", "ensure-admin")
    assert made.stdout == f"Made the user admin; its password is in {warehouse.home / 'admin-password'}\n"
    added = python("stack", "user", "add", "ada", "--role", "operator", "--generate", "--json")
    facts = json.loads(added.stdout)
    assert (facts["user"], facts["role"]) == ("ada", "operator")
    ada = users.find("ada")
    assert ada and is_right(facts["password"], ada.password_hash)
    listed = json.loads(python("stack", "user", "list", "--json").stdout)
    assert [(each["user"], each["role"]) for each in listed] == [("ada", "operator"), ("admin", "admin")]
    assert "password_hash" not in json.dumps(listed)
    refused = python("stack", "user", "remove", "admin")
    assert (refused.returncode, refused.stderr.count("\n"), "last admin" in refused.stderr) == (1, 1, True)
    assert python("stack", "user", "role", "ada", "--role", "admin").returncode == 0
    assert python("stack", "user", "password", "admin", "--generate").returncode == 0
    assert not (warehouse.home / "admin-password").exists(), "it no longer holds the password"
    assert python("stack", "user", "remove", "ada").stdout == "ada may no longer sign in\n"
    assert python("stack", "user", "add", "x").returncode == 2
    assert "Usage: okr user add" in python("stack", "user", "add", "--help").stdout


@pytest.mark.parametrize("name", user_commands.user.commands)
def test_every_command_helps_with_an_example_of_its_own(name: str) -> None:
    shown = CliRunner().invoke(user_commands.user, [name, "--help"]).output
    examples = shown.partition("\nExamples:\n")[2].splitlines()
    assert examples
    assert all(example.startswith(f"  okr user {name}") for example in examples)


@pytest.mark.slow
def test_a_password_is_read_from_a_file_or_a_prompt_and_nowhere_else(
    users: Users, python: Python, tmp_path: Path
) -> None:
    done = python("api", "user", "add", "ada", "--role", "viewer")
    assert (done.returncode, "--password-file or --generate" in done.stderr) == (2, True)
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "api", "user", "add", "ada", "--role", "viewer"],
        cwd=ROOT,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    shown = ""
    for prompt in ("Password: ", "Repeat for confirmation: "):
        while prompt not in shown:
            shown += os.read(master, 1000).decode()
        os.write(master, f"{PASSWORD}\n".encode())
    assert child.wait(30) == 0
    assert PASSWORD not in shown + os.read(master, 1000).decode()
    os.close(master)
    os.close(slave)
    ada = users.find("ada")
    assert ada and is_right(PASSWORD, ada.password_hash)
    secret = tmp_path / "secret"
    secret.write_text("another password\n")
    assert python("api", "user", "password", "ada", "--password-file", str(secret)).returncode == 0
    ada = users.find("ada")
    assert ada and is_right("another password", ada.password_hash)
