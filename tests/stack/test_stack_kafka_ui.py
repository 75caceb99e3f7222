"""The Kafka UI: who gets in, from where, and that no session outlives its page, its service or the broker."""

from __future__ import annotations

import asyncio
import os
import shlex
import stat
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestServer
from confluent_kafka.admin import AdminClient, NewTopic

import settings
from stack import kafka_ui
from stack.kafka_ui import KafkaUi, write_client_file

SECRET = "known-to-nginx"
OPERATOR = {"X-Okr-Proxy-Secret": SECRET, "X-Okr-Role": "operator"}
NOBODY = {"bootstrap.servers": "127.0.0.1:1"}
# What kaskade becomes without a broker: it greets, then hears neither a quit nor a SIGTERM, and has a child.
DEAF = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("__GANGLION__", flush=True)
open(sys.argv[1], "w").write(f"{child.pid}")
time.sleep(600)
"""


def deaf(mark: Path) -> str:
    return shlex.join([sys.executable, "-c", DEAF, str(mark)])


@asynccontextmanager
async def serving(ui: KafkaUi) -> AsyncIterator[tuple[ClientSession, str]]:
    """The UI on a free port, and a client of it."""
    server = TestServer(await ui._make_app())
    await server.start_server()
    try:
        async with ClientSession() as client:
            yield client, str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


def origin(address: str) -> dict[str, str]:
    return {**OPERATOR, "Origin": address}


async def until(holds: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)


async def processes(mark: Path) -> list[psutil.Process]:
    """The session's process and its child, once both run."""
    await until(lambda: mark.exists() and mark.read_text() != "")
    child = psutil.Process(int(mark.read_text()))
    parent = child.parent()
    assert parent is not None
    assert os.getpgid(parent.pid) == parent.pid != os.getpgid(0)
    return [parent, child]


def ended(found: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in found)


@pytest.mark.parametrize("path", ["", "/", "/ws", "/static/js/textual.js", "/download/key"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-Okr-Role": "admin", "X-Okr-User": "somebody"}, 401),
        ({"X-Okr-Proxy-Secret": "guessed", "X-Okr-Role": "admin"}, 401),
        ({"X-Okr-Proxy-Secret": SECRET}, 403),
        ({"X-Okr-Proxy-Secret": SECRET, "X-Okr-Role": "viewer"}, 403),
    ],
)
def test_only_operators_who_come_through_nginx_get_in(
    path: str, headers: dict[str, str], status: int
) -> None:
    async def ask() -> int:
        async with (
            serving(KafkaUi("false", 0, SECRET, NOBODY)) as (client, address),
            client.get(f"{address}/kafka{path}", headers=headers, allow_redirects=False) as got,
        ):
            return got.status

    assert asyncio.run(ask()) == status


def test_the_page_names_the_address_it_was_asked_by() -> None:
    async def ask() -> None:
        async with serving(KafkaUi("false", 0, SECRET, NOBODY)) as (client, address):
            asked = {**OPERATOR, "Host": "okr.example:8443", "X-Forwarded-Proto": "https"}
            async with client.get(f"{address}/kafka/", headers=asked) as got:
                page = await got.text()
                assert got.status == 200
                assert 'data-session-websocket-url="wss://okr.example:8443/kafka/ws"' in page
                assert "default-src 'self'" in got.headers["Content-Security-Policy"]
            async with client.get(f"{address}/kafka/static/js/textual.js", headers=OPERATOR) as got:
                assert got.status == 200
            async with client.get(f"{address}/kafka/health") as got:
                assert await got.json() == {"health": "healthy", "sessions": 0}

    asyncio.run(ask())


def test_a_page_from_elsewhere_opens_no_session(tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    async def ask() -> None:
        async with serving(KafkaUi(deaf(mark), 0, SECRET, NOBODY)) as (client, address):
            for strange in ({**OPERATOR, "Origin": "http://127.0.0.1:1"}, OPERATOR):
                with pytest.raises(WSServerHandshakeError) as refused:
                    await client.ws_connect(f"{address}/kafka/ws", headers=strange)
                assert refused.value.status == 403

    asyncio.run(ask())
    assert not mark.exists()


@pytest.mark.parametrize("way", ["page closed", "service stopped", "broker gone"])
def test_no_session_outlives(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_ui, "BROKER_EVERY", 0.5 if way == "broker gone" else 600)
    monkeypatch.setattr(kafka_ui, "BROKER_PATIENCE", 0.5)
    mark = tmp_path / "mark"

    async def ask() -> None:
        ui = KafkaUi(deaf(mark), 0, SECRET, NOBODY)
        async with serving(ui) as (client, address):
            page = await client.ws_connect(f"{address}/kafka/ws", headers=origin(address))
            found = await processes(mark)
            if way == "page closed":
                await page.close()
            elif way == "broker gone":
                while (await page.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
                    pass
            if way != "service stopped":
                await until(lambda: ended(found) and not ui.sessions)
        await until(lambda: ended(found))

    asyncio.run(ask())


def test_the_file_of_client_settings_is_for_its_owner_alone(tmp_path: Path) -> None:
    given = {"bootstrap.servers": "one:1,two:2", "sasl.password": "50%=; #:secret"}
    file = write_client_file(tmp_path / "new" / "kaskade.ini", given)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    from kaskade.utils import load_ini  # noqa: PLC0415

    assert load_ini(str(file)) == {"kafka": given}


@pytest.mark.kafka
@pytest.mark.slow
def test_kaskade_lists_the_topics(broker: settings.Settings, tmp_path: Path) -> None:
    client_config = broker.kafka.client_config()
    admin = AdminClient(client_config)
    [made] = admin.create_topics([NewTopic("seen_by_kaskade", 1, 1)]).values()
    made.result()
    file = write_client_file(tmp_path / "kaskade.ini", client_config)
    kaskade = Path(sys.executable).with_name("kaskade")
    command = shlex.join([str(kaskade), "admin", "--config-file", str(file)])

    async def ask() -> None:
        async with (
            serving(KafkaUi(command, 0, SECRET, client_config)) as (client, address),
            client.ws_connect(f"{address}/kafka/ws?width=120&height=40", headers=origin(address)) as page,
        ):
            seen = b""
            while b"seen_by_kaskade" not in seen:
                message = await asyncio.wait_for(page.receive(), 60)
                assert message.type == WSMsgType.BINARY, message
                seen += message.data

    asyncio.run(ask())
