"""The one URL: which port it has, and where that is kept."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path

import settings
from stack.errors import PortTakenError

__all__ = ["PublicAddress", "choose_address", "kept_address", "may_bind", "public_address"]

FALLBACK = range(8080, 8100)


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """Where the product is reached: the URL without a slash at its end, and its port."""

    url: str
    port: int


def public_address(config: settings.Settings) -> PublicAddress:
    """The address that was chosen by the last `okr up`; where there is none yet, it is chosen now."""
    return kept_address(config) or choose_address(config)


def kept_address(config: settings.Settings) -> PublicAddress | None:
    """The address that was chosen, as long as the settings still allow it; None where there is none."""
    try:
        kept = PublicAddress(**json.loads(_file(config).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    asked = config.addresses.port
    fits = asked in (None, kept.port) and kept.port not in _reserved(config)
    return kept if fits and kept.url == _url(config, kept.port) else None


def choose_address(config: settings.Settings) -> PublicAddress:
    """Choose and keep an address: the port that is set, the one chosen before, or the first free one.

    To be called while the proxy does not run, for a port it holds counts as taken. A port that is set is
    taken as it is: whether it is free is told where it is opened. Raises PortTakenError.
    """
    addresses = config.addresses
    before = kept_address(config)
    usual = 443 if addresses.tls_certificate else 80
    candidates = [*([before.port] if before else []), usual, *FALLBACK]
    free = (port for port in candidates if port not in _reserved(config) and may_bind(addresses.bind, port))
    port = addresses.port or next(free, None)
    if port is None:
        raise PortTakenError(
            f"OKR_PORT: neither {usual} nor any of {FALLBACK[0]} to {FALLBACK[-1]} is free; set one that is"
        )
    chosen = PublicAddress(_url(config, port), port)
    path = _file(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(chosen)))
    fresh.rename(path)
    return chosen


def may_bind(host: str, port: int) -> bool:
    """Whether this user may listen on a port, and nobody does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _reserved(config: settings.Settings) -> set[int]:
    addresses = config.addresses
    return {addresses.airflow_port, addresses.mlflow_port, addresses.kafka_ui_port, addresses.worker_port}


def _url(config: settings.Settings, port: int) -> str:
    addresses = config.addresses
    scheme, usual = ("https", 443) if addresses.tls_certificate else ("http", 80)
    host = addresses.bind if ip_address(addresses.bind).is_loopback else socket.gethostname()
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" + ("" if port == usual else f":{port}")


def _file(config: settings.Settings) -> Path:
    return config.home / "services" / "address.json"
