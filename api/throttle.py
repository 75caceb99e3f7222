"""Failed sign-ins make the next ones wait, by user name and by client address; kept in `okr_ops.sign_ins`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import settings
from api.database import Connection, connect
from api.errors import ThrottledError

__all__ = ["Throttle", "waiting"]

FREE_PER_NAME = 3
FREE_PER_ADDRESS = 20
LONGEST_WAIT = 900
KEPT_DAYS = 30

LOCKS = "select pg_advisory_xact_lock(lock) from unnest(%s::bigint[]) lock order by lock"
NUMBER = "select hashtextextended(%s, 0), hashtextextended(%s, 0)"
# Failures from elsewhere do not lock out an address from which this user did sign in before.
OF_NAME = """
    with seen as (
        select
            max(tried_at) filter (where tried_at > current_timestamp - interval '1 day') as last_success,
            coalesce(bool_or(client_address = %(address)s), false) as is_known
        from okr_ops.sign_ins
        where user_name = %(name)s and is_success = 1
    )
    select count(*), extract(epoch from clock_timestamp() - max(tried_at))::float8
    from okr_ops.sign_ins cross join seen
    where
        user_name = %(name)s
        and is_success = 0
        and tried_at > current_timestamp - interval '1 day'
        and tried_at > coalesce(last_success, '-infinity')
        and (client_address = %(address)s or not is_known)
"""
OF_ADDRESS = """
    select count(*), extract(epoch from clock_timestamp() - max(tried_at))::float8
    from okr_ops.sign_ins
    where client_address = %(address)s and is_success = 0 and tried_at > current_timestamp - interval '1 hour'
"""
INSERT = """
    insert into okr_ops.sign_ins (user_name, client_address, is_success, tried_at)
    values (%s, %s, %s, clock_timestamp())
    returning sign_in_id
"""


def waiting(failures: int, free: int) -> int:
    """Seconds to wait after so many failures: none for the first `free` ones, then doubling."""
    if failures < free:
        return 0
    return int(min(2.0 ** min(failures - free, 30), LONGEST_WAIT))


@dataclass(frozen=True, slots=True)
class Throttle:
    """Notes every try to sign in, and refuses those that come too soon."""

    config: settings.Settings

    def begin(self, name: str, address: str) -> int:
        """Note a try before its password is looked at; ThrottledError where it comes too soon.

        It counts as failed until `succeed`: tries that run side by side all count.
        """
        with connect(self.config) as connection:
            numbers = connection.execute(NUMBER, [f"okr name {name}", f"okr address {address}"]).fetchone()
            connection.execute(LOCKS, [list(numbers or ())])
            seconds = max(
                _left(connection, OF_NAME, FREE_PER_NAME, name, address),
                _left(connection, OF_ADDRESS, FREE_PER_ADDRESS, name, address),
            )
            if seconds > 0:
                raise ThrottledError(seconds)
            row = connection.execute(INSERT, [name, address, 0]).fetchone()
        assert row
        return int(row[0])

    def succeed(self, attempt: int, name: str, address: str) -> None:
        """A noted try was right; what is old is thrown away on the occasion."""
        with connect(self.config) as connection:
            connection.execute("delete from okr_ops.sign_ins where sign_in_id = %s", [attempt])
            connection.execute(INSERT, [name, address, 1])
            connection.execute(
                "delete from okr_ops.sign_ins where tried_at < current_timestamp - make_interval(days => %s)",
                [KEPT_DAYS],
            )


def _left(connection: Connection, query: str, free: int, name: str, address: str) -> int:
    row = connection.execute(query, {"name": name, "address": address}).fetchone()
    failures, since = row or (0, None)
    return max(0, math.ceil(waiting(failures, free) - since)) if since is not None else 0
