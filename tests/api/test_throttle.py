"""Failed sign-ins make the next ones wait, whoever asks and from wherever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from api.errors import ThrottledError, WrongPasswordError
from api.sign_ins import SignIns
from api.throttle import FREE_PER_ADDRESS, FREE_PER_NAME, waiting
from api.users import Users
from settings import Role, Settings

pytestmark = pytest.mark.postgres

PASSWORD = "correct horse battery"


@pytest.fixture
def sign_ins(users: Users, warehouse: Settings) -> SignIns:
    users.add("ada", "viewer", PASSWORD)
    return SignIns(warehouse)


@pytest.fixture
def later(warehouse: Settings) -> Callable[[int], None]:
    """Call it to let seconds pass: what was noted lies that much further back."""

    def move(seconds: int) -> None:
        with psycopg.connect(warehouse.postgres.conninfo(Role.ADMIN)) as connection:
            connection.execute(
                "update okr_ops.sign_ins set tried_at = tried_at - make_interval(secs => %s)", [seconds]
            )

    return move


def fail(sign_ins: SignIns, name: str = "ada", address: str = "198.51.100.1", times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(WrongPasswordError):
            sign_ins.sign_in(name, "guess", address)


def wait(sign_ins: SignIns, name: str = "ada", address: str = "198.51.100.1") -> int:
    with pytest.raises(ThrottledError) as caught:
        sign_ins.sign_in(name, PASSWORD, address)
    return caught.value.seconds


def test_waits_double_and_have_an_end() -> None:
    assert [waiting(count, 3) for count in range(8)] == [0, 0, 0, 1, 2, 4, 8, 16]
    assert waiting(10_000, 3) == 900


@pytest.mark.parametrize("name", ["ada", "unknown", "Not a name", "x" * 5000, "nul\0"])
def test_known_and_unknown_names_wait_the_same(sign_ins: SignIns, name: str) -> None:
    fail(sign_ins, name, times=FREE_PER_NAME)
    assert wait(sign_ins, name) == 1


def test_waits_grow_over_tries_and_restarts(
    sign_ins: SignIns, later: Callable[[int], None], warehouse: Settings
) -> None:
    fail(sign_ins, times=FREE_PER_NAME)
    for seconds in (1, 2, 4, 8):
        assert wait(sign_ins) == seconds
        assert wait(SignIns(warehouse)) == seconds, "another process knows, too"
        later(seconds)
        fail(sign_ins)
    later(16)
    assert sign_ins.sign_in("ada", PASSWORD, "198.51.100.1").name == "ada"
    fail(sign_ins, times=FREE_PER_NAME)


def test_one_who_is_refused_for_the_wait_does_not_lengthen_it(sign_ins: SignIns) -> None:
    fail(sign_ins, times=FREE_PER_NAME)
    assert [wait(sign_ins) for _ in range(5)] == [1] * 5


def test_a_stranger_does_not_lock_out_who_was_here_before(sign_ins: SignIns) -> None:
    sign_ins.sign_in("ada", PASSWORD, "192.0.2.7")
    for number in range(FREE_PER_NAME):
        fail(sign_ins, address=f"198.51.100.{number}")
    assert wait(sign_ins, address="198.51.100.99") == 1
    assert sign_ins.sign_in("ada", PASSWORD, "192.0.2.7").name == "ada"


def test_one_address_that_tries_many_names_waits(sign_ins: SignIns) -> None:
    for number in range(FREE_PER_ADDRESS):
        fail(sign_ins, f"name-{number}")
    assert wait(sign_ins, "another") == 1
    assert wait(sign_ins, "ada") == 1
    assert sign_ins.sign_in("ada", PASSWORD, "203.0.113.5").name == "ada"


def test_tries_side_by_side_all_count(sign_ins: SignIns) -> None:
    def attempt(_: int) -> type[Exception]:
        try:
            sign_ins.sign_in("ada", "guess", "198.51.100.1")
        except (WrongPasswordError, ThrottledError) as problem:
            return type(problem)
        raise AssertionError

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(16)))
    assert outcomes.count(WrongPasswordError) <= FREE_PER_NAME + 1


def test_basic_is_throttled_and_what_was_right_is_remembered(sign_ins: SignIns, users: Users) -> None:
    ada = sign_ins.sign_in_again("ada", PASSWORD, "198.51.100.1")
    for _ in range(FREE_PER_NAME):
        with pytest.raises(WrongPasswordError):
            sign_ins.sign_in_again("ada", "guess", "198.51.100.1")
    with pytest.raises(ThrottledError):
        sign_ins.sign_in_again("ada", "guess", "198.51.100.1")
    assert sign_ins.sign_in_again("ada", PASSWORD, "198.51.100.1") == ada
    users.set_password("ada", "another password")
    sign_ins.known.forget("ada")
    with pytest.raises((WrongPasswordError, ThrottledError)):
        sign_ins.sign_in_again("ada", PASSWORD, "198.51.100.1")
