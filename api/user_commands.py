"""`python -m api user`: add, list, remove people who may sign in."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, TextIO

import click

import settings
from api import passwords
from api.errors import ApiError
from api.first_admin import ensure_admin, forget_file
from api.users import ROLES, Users, clean_name

__all__ = ["commands"]


class OneLineGroup(click.Group):
    """A group whose known errors are one line and exit code 1, or 2 for a setting."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run; what is known to go wrong becomes one line."""
        try:
            return super().invoke(ctx)
        except settings.SettingsError as problem:
            raise click.UsageError(str(problem)) from problem
        except ApiError as problem:
            raise click.ClickException(str(problem)) from problem


class UserCommand(click.Command):
    """A command whose help ends with examples, one per line of its epilog, as those of `okr` do."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        with formatter.section("Examples"):
            for example in (self.epilog or "").splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


class UserGroup(click.Group):
    """A group of such commands."""

    command_class = UserCommand


@click.group(cls=OneLineGroup, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """The API."""


@commands.group(cls=UserGroup)
def user() -> None:
    """People who may sign in."""


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: `--json`, passed as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(function)


def password_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: where a new password comes from, never the command line itself."""
    given = click.option(
        "--password-file",
        type=click.File(),
        help="File whose first line is the password; - for standard input.",
    )
    made = click.option("--generate", is_flag=True, help="Make a password and show it once.")
    return given(made(function))


role_option = click.option(
    "--role",
    type=click.Choice(ROLES),
    required=True,
    help="A viewer reads, an operator starts things, an admin may do everything.",
)


@user.command(
    epilog="okr user add ada --role operator\n"
    "okr user add ci --role viewer --generate --json\n"
    "okr user add ben --role admin --password-file secret.txt"
)
@click.argument("name")
@role_option
@password_options
@json_option
def add(name: str, role: str, password_file: TextIO | None, generate: bool, as_json: bool) -> None:
    """Add a user; the password is asked for unless it is given or made."""
    password, shown = _new_password(password_file, generate)
    added = _users().add(name, role, password)
    _tell(as_json, f"{added.name} may sign in as {role}", {"user": added.name, "role": role}, shown)


@user.command("list", epilog="okr user list\nokr user list --json")
@json_option
def list_users(as_json: bool) -> None:
    """List users and their roles."""
    found = _users().all()
    if as_json:
        rows = [
            {
                "user": each.name,
                "role": each.role,
                "created_at": each.created_at.isoformat(),
                "changed_at": each.changed_at.isoformat(),
            }
            for each in found
        ]
        click.echo(json.dumps(rows))
        return
    width = max([len(each.name) for each in found], default=0)
    for each in found:
        click.echo(f"{each.name:<{width}}  {each.role:<8}  since {each.created_at:%Y-%m-%d}")
    if not found:
        click.echo("There are no users; `okr up` makes the first admin")


@user.command(epilog="okr user remove ada")
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove a user; its sessions end within ten seconds. The last admin stays."""
    kept_name = clean_name(name) or name
    _users().remove(kept_name)
    forget_file(settings.load(), kept_name)
    _tell(as_json, f"{kept_name} may no longer sign in", {"user": kept_name, "removed": True})


@user.command(
    epilog="okr user password ada\nokr user password ada --password-file secret.txt\n"
    "okr user password ci --generate --json"
)
@click.argument("name")
@password_options
@json_option
def password(name: str, password_file: TextIO | None, generate: bool, as_json: bool) -> None:
    """Give a user a new password; its sessions end within ten seconds."""
    kept_name = clean_name(name) or name
    new, shown = _new_password(password_file, generate)
    _users().set_password(kept_name, new)
    forget_file(settings.load(), kept_name)
    _tell(as_json, f"{kept_name} has a new password", {"user": kept_name}, shown)


@user.command(epilog="okr user role ada --role viewer")
@click.argument("name")
@role_option
@json_option
def role(name: str, role: str, as_json: bool) -> None:
    """Give a user another role, which holds within ten seconds."""
    kept_name = clean_name(name) or name
    _users().set_role(kept_name, role)
    _tell(as_json, f"{kept_name} is {role} now", {"user": kept_name, "role": role})


@user.command("ensure-admin", epilog="okr user ensure-admin")
@json_option
def first_admin(as_json: bool) -> None:
    """Make the user `admin` where there are no users; its password is in OKR_HOME/admin-password."""
    path = ensure_admin(settings.load())
    words = f"Made the user admin; its password is in {path}" if path else "There are users already"
    _tell(as_json, words, {"made": path is not None, "file": str(path) if path else None})


def _users() -> Users:
    return Users(settings.load())


def _new_password(file: TextIO | None, generate: bool) -> tuple[str, str | None]:
    """A new password, and whether to show it: only one we made."""
    if file and generate:
        raise click.UsageError("--password-file and --generate exclude each other")
    if generate:
        made = passwords.generate()
        return made, made
    if file:
        return file.readline().rstrip("\r\n"), None
    if not sys.stdin.isatty():
        raise click.UsageError("no terminal to ask for the password on: give --password-file or --generate")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)), None


def _tell(as_json: bool, words: str, facts: dict[str, Any], made: str | None = None) -> None:
    if as_json:
        click.echo(json.dumps(facts | ({"password": made} if made else {})))
        return
    click.echo(words)
    if made:
        click.echo(f"Password, shown this once: {made}")
