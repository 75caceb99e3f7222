"""The variables there are, exported or in `.env`; one that nobody reads is told, not passed over."""

from __future__ import annotations

import os
from collections.abc import Iterable
from difflib import get_close_matches

from dotenv import dotenv_values

from settings.locations import ENV_FILE

__all__ = ["PREFIX", "environment", "no_such_variable", "unknown_variables"]

PREFIX = "OKR_"
CHECKED_ELSEWHERE = ("OKR_INGESTION_", "OKR_KAFKA_SECURITY_", "OKR_KAFKA_SASL_", "OKR_KAFKA_SSL_")
"""Beginnings of names that their reader checks: the connectors' definitions, and librdkafka."""
BETWEEN_PROCESSES = (
    *("OKR_KEPT_BY", "OKR_PROGRAM", "OKR_PYTHON", "OKR_LOG_LEVEL", "OKR_SHARED", "OKR_REQUIRE"),
    *("OKR_SESSION_KEY", "OKR_PROXY_SECRET", "OKR_SECURE_COOKIES"),
    *("OKR_SUPERSET_SECRET", "OKR_SUPERSET_METADATA", "OKR_SUPERSET_WAREHOUSE"),
)
"""What one process of the product tells another it starts, and what tests and logs listen to."""


def environment() -> dict[str, str]:
    """Every variable: those of `.env`, and the exported ones, which win."""
    written = dotenv_values(ENV_FILE) if ENV_FILE.is_file() else {}
    return {name: value for name, value in written.items() if value is not None} | os.environ


def unknown_variables(known: Iterable[str]) -> list[str]:
    """A sentence for each `OKR_` variable that is neither known nor anybody else's."""
    names = [*known, *BETWEEN_PROCESSES]
    return [
        no_such_variable(name, names)
        for name in sorted(environment())
        if name.startswith(PREFIX) and name not in names and not name.startswith(CHECKED_ELSEWHERE)
    ]


def no_such_variable(name: str, known: Iterable[str]) -> str:
    """What to say of a variable nobody reads, without its value: it may be a mistyped password."""
    near = get_close_matches(name, known, n=1, cutoff=0.8)
    hint = f"did you mean {near[0]}?" if near else "unset it, or see .env.example"
    return f"{name}: no such setting; {hint}"
