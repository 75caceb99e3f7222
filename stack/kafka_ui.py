"""`python -m stack.kafka_ui`: kaskade in the browser, under /kafka behind nginx.

It can delete topics: nothing is answered without the secret nginx adds, but the health page.
"""

from __future__ import annotations

import asyncio
import configparser
import hmac
import logging
import os
import shlex
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp_jinja2
import jinja2
from aiohttp import web
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from textual_serve.server import Server, to_int

import settings
from stack.kafka_session import KafkaSession

__all__ = ["PREFIX", "KafkaUi", "main", "write_client_file"]

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PREFIX = "/kafka"
MAY_USE = ("operator", "admin")
MOST_SESSIONS = 4
BROKER_EVERY = 3.0
BROKER_PATIENCE = 3.0
# Its template asks Google for a font; the browser is told to ask nobody but us.
ONLY_US = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; frame-ancestors 'self'"
)


class KafkaUi(Server):
    """textual-serve's server, at a path, for those nginx lets through, as long as there is a broker."""

    def __init__(self, command: str, port: int, secret: str, client_config: dict[str, str]) -> None:
        super().__init__(command, host="127.0.0.1", port=port, title="Kafka")
        self.secret = secret
        self.client_config = client_config
        self.sessions: dict[KafkaSession, web.WebSocketResponse] = {}

    def initialize_logging(self) -> None:
        """Plain lines, for a log file; nginx has the list of requests."""
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True)
        logging.getLogger("aiohttp.access").setLevel(logging.WARNING)

    async def _make_app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(self.templates_path))
        app.add_routes(
            [
                web.get(PREFIX, self._to_index),
                web.get(f"{PREFIX}/", self.handle_index, name="index"),
                web.get(f"{PREFIX}/health", self.handle_health, name="health"),
                web.get(f"{PREFIX}/ws", self.handle_websocket, name="websocket"),
                web.get(f"{PREFIX}/download/{{key}}", self.handle_download, name="download"),
                web.static(f"{PREFIX}/static", self.statics_path, name="static"),
            ]
        )
        app.on_startup.append(self.on_startup)
        app.on_shutdown.append(self.on_shutdown)
        app.cleanup_ctx.append(self._watch_broker)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse who does not come through nginx, and who may only read."""
        if request.path != f"{PREFIX}/health":
            given = request.headers.get("X-Okr-Proxy-Secret", "")
            if not hmac.compare_digest(given.encode(), self.secret.encode()):
                raise web.HTTPUnauthorized(text="Kafka UI: sign in at the one URL of the product.")
            if request.headers.get("X-Okr-Role") not in MAY_USE:
                raise web.HTTPForbidden(text="Kafka UI: only operators and admins may use it.")
        response = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = ONLY_US
        return response

    async def _to_index(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"{PREFIX}/")

    async def handle_health(self, request: web.Request) -> web.Response:
        """Whether it serves, and to how many."""
        return web.json_response({"health": "healthy", "sessions": len(self.sessions)})

    @aiohttp_jinja2.template("app_index.html")
    async def handle_index(self, request: web.Request) -> dict[str, Any]:
        """The page; the address of its websocket is that of the request, whatever name it came by."""
        scheme = "wss" if request.headers.get("X-Forwarded-Proto", request.scheme) == "https" else "ws"
        return {
            "font_size": to_int(request.query.get("fontsize", "16"), 16),
            "app_websocket_url": f"{scheme}://{request.host}{PREFIX}/ws",
            "config": {"static": {"url": f"{PREFIX}/static/"}},
            "application": {"name": self.title},
        }

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """A session of kaskade for a page of ours; it ends when the page goes."""
        if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
            raise web.HTTPForbidden(text="Kafka UI: this page is not from here.")
        if len(self.sessions) >= MOST_SESSIONS:
            raise web.HTTPServiceUnavailable(text=f"Kafka UI: {MOST_SESSIONS} people use it already.")
        websocket = web.WebSocketResponse(heartbeat=15)
        session = KafkaSession(
            self.command,
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=websocket.close,  # type: ignore[arg-type]  # it tells whether it was open; nobody asks
            download_manager=self.download_manager,
        )
        self.sessions[session] = websocket
        try:
            await websocket.prepare(request)
            width, height = (to_int(request.query.get(side, ""), 80) for side in ("width", "height"))
            await session.start(width, height)
            await self._process_messages(websocket, session)
        except (ConnectionError, OSError) as problem:
            logger.warning("A session broke: %s", problem)
        finally:
            await asyncio.shield(asyncio.create_task(self._end(session)))
        return websocket

    async def _end(self, session: KafkaSession) -> None:
        """End a session; until then it counts, so that a shutdown waits for it."""
        try:
            await session.stop()
        finally:
            self.sessions.pop(session, None)

    async def on_startup(self, app: web.Application) -> None:
        """Say where it is."""
        logger.info("Kafka UI on http://%s:%s%s", self.host, self.port, PREFIX)

    async def on_shutdown(self, app: web.Application) -> None:
        """End every session."""
        await self.end_sessions("the Kafka UI stops")

    async def end_sessions(self, reason: str) -> None:
        """Close the websockets and end the processes behind them."""
        for session, websocket in list(self.sessions.items()):
            logger.info("A session is ended: %s", reason)
            await session.stop()
            if websocket.prepared:
                await websocket.close(code=1012, message=reason.encode())

    async def _watch_broker(self, app: web.Application) -> Any:
        """End the sessions when the broker goes, for kaskade would spin without one."""
        watch = asyncio.create_task(self._end_without_broker())
        yield
        watch.cancel()

    async def _end_without_broker(self) -> None:
        client: AdminClient | None = None
        while True:
            await asyncio.sleep(BROKER_EVERY)
            if not self.sessions:
                client = None
                continue
            client = client or AdminClient({**self.client_config, "log_level": "0"})
            try:
                await asyncio.to_thread(client.list_topics, timeout=BROKER_PATIENCE)
            except KafkaException as problem:
                await self.end_sessions(f"the broker does not answer: {problem.args[0].str()}")


def write_client_file(path: Path, client_config: dict[str, str]) -> Path:
    """kaskade's file of client settings, readable by its owner alone, for it may hold a password."""
    content = configparser.RawConfigParser()
    content.optionxform = str  # type: ignore[assignment,method-assign]  # librdkafka's names stay as they are
    content["kafka"] = client_config
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        content.write(file)
    return path


def main() -> int:
    """Serve until told to stop."""
    secret = os.environ.get("OKR_PROXY_SECRET", "")
    if not secret:
        sys.stderr.write("Error: OKR_PROXY_SECRET is not set: `okr up` starts the Kafka UI with it\n")
        return 1
    config = settings.load()
    client_config = config.kafka.client_config()
    folder = config.home / "kafka_ui"
    file = write_client_file(folder / "kaskade.ini", client_config)
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        os.environ[name] = str(folder)
    kaskade = Path(sys.executable).with_name("kaskade")
    command = shlex.join([str(kaskade), "admin", "--config-file", str(file)])
    KafkaUi(command, config.addresses.behind("kafka_ui"), secret, client_config).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
