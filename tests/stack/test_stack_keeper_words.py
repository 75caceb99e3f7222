"""What supervisor is told and what is told of it: configuration, conditions, reasons, order, ports, disk."""

from __future__ import annotations

import shlex
import socket
import time
from collections import namedtuple
from collections.abc import Mapping
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from settings import AddressSettings, Settings
from stack import secrets
from stack.errors import StackError
from stack.keeper import configuration as keeper_configuration
from stack.keeper import disk, logs
from stack.keeper.checks import Answer, Checks
from stack.keeper.condition import condition_of
from stack.keeper.configuration import MEMORY_LISTENER, RETRIES, configuration
from stack.keeper.places import Places
from stack.keeper.ports import taken_ports
from stack.keeper.supervisor import ProcessState
from stack.services.registry import all_services, dependants, in_order
from stack.services.service import Service, UnhealthyError


def service(name: str, *needs: str, **environment: str) -> Service:
    return Service(
        name,
        ("/bin/sleep", "9"),
        lambda: "sleeps",
        memory_megabytes=100,
        needs=needs,
        environment=environment,
    )


def read(text: str, folder: Path) -> ServerOptions:
    """The configuration as supervisor itself understands it."""
    path = folder / "supervisord.conf"
    path.write_text(text)
    options = ServerOptions()
    options.realize(["-c", str(path)])
    return options


@pytest.mark.parametrize(
    "value",
    ["plain", "with spaces, commas", "50 % off %(here)s", '{"a": "b", "c": [1]}', "it's", "a=b;c#d", ""],
)
def test_supervisor_reads_back_what_a_service_is_told(value: str, tmp_path: Path) -> None:
    for folder in ("logs", "services"):
        (tmp_path / folder).mkdir()
    odd = Service("odd", ("/bin/echo", "a b", "100%", "it's"), lambda: "", 100, environment={"OKR_X": value})
    options = read(configuration(Places(tmp_path), [odd]), tmp_path)
    program = next(
        each
        for group in options.process_group_configs
        for each in group.process_configs
        if each.name == "odd"
    )
    assert program.environment == {"OKR_X": value}
    assert program.command.endswith("'a b' 100% 'it'\"'\"'s'")
    assert (program.autostart, program.startretries, program.stopasgroup, program.killasgroup) == (
        False,
        RETRIES,
        True,
        True,
    )
    assert program.stdout_logfile_maxbytes > 0 and program.stdout_logfile_backups > 0


def test_supervisor_reads_back_every_service_of_a_home_and_a_checkout_with_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, checkout = tmp_path / "a home", tmp_path / "a check out"
    for folder in (home / "logs", home / "services", checkout):
        folder.mkdir(parents=True)
    monkeypatch.setattr(keeper_configuration, "ROOT", checkout)
    monkeypatch.setattr("sys.executable", str(checkout / ".venv" / "bin" / "python"))
    config = Settings(home=home)
    services = {each.name: each for each in all_services(config, secrets.load(config))}
    options = read(configuration(Places(home), list(services.values())), tmp_path)
    told = {each.name: each for group in options.process_group_configs for each in group.process_configs}
    memory = told.pop(MEMORY_LISTENER)
    assert shlex.split(memory.command)[0] == str(checkout / ".venv" / "bin" / "memmon")
    assert told.keys() == services.keys()
    for name, service in services.items():
        assert tuple(shlex.split(told[name].command)) == service.command, name
        assert told[name].environment == dict(service.environment), name
        assert told[name].stdout_logfile == str(home / "logs" / f"{name}.log")
    assert options.directory == str(checkout)


@pytest.mark.parametrize("value", ["two\nlines", "a ; b", "a # b", "both ' and \"", '"ends"'])
def test_what_supervisor_cannot_be_told_is_refused_by_name(value: str, tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"^odd: the value of OKR_X "):
        configuration(Places(tmp_path), [service("odd", OKR_X=value)])


def test_the_socket_of_a_deep_home_fits_the_operating_system(tmp_path: Path) -> None:
    deep = Places(tmp_path / ("deep" * 30))
    assert len(str(deep.socket)) < 100
    assert deep.socket != Places(tmp_path / ("deep" * 31)).socket


def state(word: str, seconds_ago: float) -> ProcessState:
    return ProcessState(
        "api", word, 7 if word in {"STARTING", "RUNNING"} else 0, time.time() - seconds_ago, 0, ""
    )


@pytest.mark.parametrize(
    ("seen", "answer", "was_healthy", "health"),
    [
        (None, None, False, "stopped"),
        (("STOPPED", 1), None, False, "stopped"),
        (("RUNNING", 1), Answer(True, "fine"), False, "healthy"),
        (("STARTING", 1), Answer(True, "fine"), False, "healthy"),
        (("RUNNING", 1), Answer(False, "mute"), False, "starting"),
        (("RUNNING", 1), Answer(False, "mute"), True, "failing"),
        (("RUNNING", 10_000), Answer(False, "mute"), False, "failing"),
        (("BACKOFF", 1), None, False, "failing"),
        (("FATAL", 1), None, False, "given_up"),
    ],
)
def test_the_condition_joins_the_process_and_its_answer(
    seen: tuple[str, float] | None,
    answer: Answer | None,
    was_healthy: bool,
    health: str,
    tmp_path: Path,
) -> None:
    """States hold a time; they are made here, not when the tests are collected, which may be long before."""
    process = state(*seen) if seen else None
    found = condition_of(service("api"), Places(tmp_path), process, answer, was_healthy=was_healthy)
    assert found.health == health
    assert found.reason


def test_the_reason_is_the_line_that_tells(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_text(
        "started\nTraceback (most recent call last):\n  File 'x', line 1\nValueError: no such door\nbye\n"
    )
    assert logs.last_words(log) == "ValueError: no such door"
    mark = logs.size(log)
    with log.open("a") as file:
        file.write("x.py:1: DeprecationWarning: old\nstarted again\n\n")
    assert logs.last_words(log, mark) == "started again"
    assert logs.last_words(tmp_path / "none.log") == "its log is empty"


def test_the_last_exit_is_told_in_supervisors_words(tmp_path: Path) -> None:
    log = tmp_path / "supervisor.log"
    log.write_text(
        "INFO exited: api (exit status 3; not expected)\nWARN exited: apiary (terminated by SIGKILL)\n"
    )
    assert logs.exit_reason(log, "api") == "exit status 3"
    assert logs.exit_reason(log, "worker") is None


def test_a_check_that_hangs_holds_up_nobody() -> None:
    def hang() -> str:
        time.sleep(30)
        return "late"

    def refuse() -> str:
        raise UnhealthyError("the door is shut\nand more")

    def broken() -> str:
        raise KeyError("health")

    asked = [
        Service(name, (), check, 1)
        for name, check in (
            ("hangs", hang),
            ("refuses", refuse),
            ("breaks", broken),
            ("well", lambda: "well"),
        )
    ]
    begin = time.monotonic()
    found = Checks().ask(asked, 1.0)
    assert time.monotonic() - begin < 2
    assert {name: answer.healthy for name, answer in found.items()} == {
        "hangs": False,
        "refuses": False,
        "breaks": False,
        "well": True,
    }
    assert found["refuses"].text == "the door is shut"
    assert "KeyError" in found["breaks"].text


def test_every_service_comes_after_what_it_needs(tmp_path: Path) -> None:
    config = Settings(home=tmp_path)
    services = all_services(config, secrets.load(config))
    names = [each.name for each in in_order(services)]
    assert len(set(names)) == len(names) == 13
    for each in services:
        assert all(names.index(need) < names.index(each.name) for need in each.needs)
    assert "kafka_ui" in dependants(services, "kafka")
    assert dependants(services, "nginx") == set()
    with pytest.raises(ValueError, match="wait for one another: egg, hen"):
        in_order([service("egg", "hen"), service("hen", "egg")])


def test_no_secret_stands_on_a_command_line(tmp_path: Path) -> None:
    config = Settings(home=tmp_path)
    made = secrets.load(config)
    known = [getattr(made, name) for name in made.__slots__]
    for each in all_services(config, made):
        assert not any(secret in word for word in each.command for secret in known), each.name


def test_a_port_that_is_taken_is_told_with_setting_and_holder(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = Settings(home=tmp_path, addresses=AddressSettings(worker_port=port, backend_port=port - 1))
        lines = taken_ports(config, ["worker", "airflow_api_server"])
    assert len(lines) == 2
    assert lines[0].startswith(f"worker needs port {port} (OKR_WORKER_PORT={port}), where process ")
    assert f"(OKR_BACKEND_PORT={port - 1} plus 1)" in lines[1]
    assert "set OKR_BACKEND_PORT to another" in lines[1]


@pytest.mark.parametrize(
    ("free", "refused", "warned"), [(4e8, True, True), (1e9, False, True), (3e9, False, False)]
)
def test_a_disk_nearly_full(
    free: float, refused: bool, warned: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    sizes: Mapping[str, int] = {"free": int(free)}
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage(10**12, 0, sizes["free"]))
    assert bool(disk.warning(tmp_path)) == warned
    if refused:
        with pytest.raises(StackError, match="400 MB of disk are left"):
            disk.refuse_full_disk(tmp_path / "not made yet")
    else:
        disk.refuse_full_disk(tmp_path)
