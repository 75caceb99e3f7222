"""`okr user`: the API's own commands for people who may sign in."""

from __future__ import annotations

import subprocess

import click

from stack.cli.command import command
from stack.pipeline.child import environment, part

__all__ = ["user"]


@command(
    "user",
    "okr user list",
    "okr user add ada --role operator",
    "okr user add ci --role viewer --generate --json",
    "okr user password ada --password-file secret.txt",
    "okr user remove ada",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND [ARGUMENTS]…")
def user(words: tuple[str, ...]) -> None:
    """People who may sign in, and their roles.

    \b
    list                        users and their roles
    add NAME --role ROLE        add a user
    remove NAME                 remove a user; the last admin stays
    password NAME               give a user a new password
    role NAME --role ROLE       give a user another role

    A viewer reads, an operator starts things, an admin may do everything. A password is asked for, read
    with --password-file FILE, or made and shown once with --generate. Each takes --json and --help.
    """
    passed = words or ("--help",)
    child = part("api", "user", *passed)
    raise SystemExit(subprocess.run(child, env=environment(OKR_PROGRAM="okr"), check=False).returncode)
