"""`python -m ingestion worker`: the service with its HTTP side, until a signal ends it."""

from __future__ import annotations

import logging
import signal

from ingestion.http_server import LOOPBACK, HttpServer
from ingestion.worker_api import create_app
from ingestion.worker_service import WorkerService
from settings import Settings

__all__ = ["run"]

logger = logging.getLogger(__name__)


def run(configured: Settings) -> None:
    """Work until SIGTERM or SIGINT. Raises ServiceError where the port is taken, ConfigError."""
    port = configured.addresses.worker_port
    server = HttpServer(port, "OKR_WORKER_PORT")
    service = WorkerService(configured, f"http://{LOOPBACK}:{port}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    server.serve(create_app(service))
    try:
        service.run()
    finally:
        server.close()
    logger.info("worker ended")
