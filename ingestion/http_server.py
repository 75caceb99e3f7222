"""A small WSGI server of the standard library, a thread per request, on the loopback only."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from ingestion.errors import ServiceError

__all__ = ["LOOPBACK", "HttpServer"]

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
IDLE_SECONDS = 10


class HttpServer:
    """Bound at once, so that a taken port is known before anything is started."""

    def __init__(self, port: int, variable: str) -> None:
        """Raises ServiceError naming the variable."""
        try:
            self._server = make_server(
                LOOPBACK, port, _not_ready, server_class=_Server, handler_class=_Handler
            )
        except OSError as problem:
            raise ServiceError(
                f"{variable}={port}: {problem.strerror}; "
                f"end what listens there, or set {variable} to a free port"
            ) from problem

    def serve(self, application: Callable[..., Any]) -> None:
        """Answer from now on, in threads of its own."""
        self._server.set_app(application)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = IDLE_SECONDS

    def address_string(self) -> str:
        """No look-up of names."""
        return str(self.client_address[0])

    def log_message(self, format: str, *arguments: Any) -> None:
        """Into our own log."""
        logger.debug(format, *arguments)


def _not_ready(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
    return [b"the worker begins"]
