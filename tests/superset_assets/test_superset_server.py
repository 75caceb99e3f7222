"""Superset as a service: what it is given, how its health is told, what is said where it is missing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import settings
from stack.errors import StackError
from stack.secrets import Secrets
from stack.services import superset_server
from stack.services.service import Service, UnhealthyError

SECRETS = Secrets("the-proxy", "the-session", "jwt", "fernet", "api", "the-superset")


def service(port: int = 18080) -> Service:
    config = settings.load()
    addresses = config.addresses.model_copy(update={"backend_port": port - 3})
    (found,) = superset_server.define(config.model_copy(update={"addresses": addresses}), SECRETS)
    return found


@contextmanager
def answering(text: str, code: int = 200) -> Iterator[int]:
    """A server that says the same to everybody."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_secrets_are_in_the_environment_and_not_on_the_command_line() -> None:
    found = service()
    words = " ".join(found.command)
    assert not any(secret in words for secret in ("the-proxy", "the-superset"))
    assert found.environment["OKR_PROXY_SECRET"] == "the-proxy"
    assert "127.0.0.1:18080" in words
    assert found.needs == ("postgres",)


def test_without_its_environment_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(superset_server, "ENVIRONMENT", tmp_path / ".venv-superset")
    prepare = service().prepare
    assert prepare
    with pytest.raises(StackError, match="run `make install`"):
        prepare()


@pytest.mark.parametrize(("text", "code", "said"), [("no", 200, "'no', not 'OK'"), ("", 500, "answers 500")])
def test_health_parses_what_it_gets(text: str, code: int, said: str) -> None:
    with answering(text, code) as port, pytest.raises(UnhealthyError, match=said):
        service(port).health()


def test_health_says_so_when_nobody_answers() -> None:
    with answering("OK") as port:
        pass
    with pytest.raises(UnhealthyError, match="no answer on port"):
        service(port).health()
