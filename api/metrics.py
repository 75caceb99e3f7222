"""Prometheus metrics of the API, and of what it sees of the others."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

import settings
from api import freshness, service_status
from api.errors import DatabaseAwayError

__all__ = ["REGISTRY", "REQUESTS", "SECONDS", "SIGN_INS", "Seen"]

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "okr_api_requests", "Requests by route, method and code.", ["route", "method", "code"], registry=REGISTRY
)
SECONDS = Histogram(
    "okr_api_request_seconds",
    "Time to answer, by route.",
    ["route"],
    buckets=(0.002, 0.01, 0.05, 0.25, 1, 5),
    registry=REGISTRY,
)
SIGN_INS = Counter("okr_sign_ins", "Tries to sign in by result.", ["result"], registry=REGISTRY)
ProcessCollector(registry=REGISTRY)


class Seen(Collector):
    """What is read anew at each scrape: the services' state, and how old the warehouse's results are."""

    def __init__(self, config: settings.Settings) -> None:
        self._config = config

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: to register must not read anything."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All gauges; what cannot be told now is left out."""
        yield from self._services()
        try:
            found = freshness.read(self._config)
        except DatabaseAwayError:
            yield GaugeMetricFamily("okr_database_answers", "1 where Postgres answers the API.", value=0)
            return
        yield GaugeMetricFamily("okr_database_answers", "1 where Postgres answers the API.", value=1)
        for name, (words, value) in found.gauges().items():
            if value is not None:
                yield GaugeMetricFamily(name, words, value=value)
        alerts = GaugeMetricFamily(
            "okr_alerts_open", "Alerts that are not settled, by kind.", labels=["kind"]
        )
        for kind, count in found.open_alerts.items():
            alerts.add_metric([kind], count)
        yield alerts

    def _services(self) -> Iterator[GaugeMetricFamily]:
        status = service_status.read(self._config)
        if status is None:
            return
        yield GaugeMetricFamily(
            "okr_status_age_seconds", "Age of the last look at all services.", value=status.age_seconds
        )
        yield GaugeMetricFamily("okr_disk_free_bytes", "Free disk of OKR_HOME.", value=status.disk_free_bytes)
        healthy = GaugeMetricFamily(
            "okr_service_healthy", "1 where a service is healthy.", labels=["service"]
        )
        memory = GaugeMetricFamily(
            "okr_service_memory_bytes", "Memory (PSS) of a service.", labels=["service"]
        )
        restarts = GaugeMetricFamily(
            "okr_service_restarts", "Times it was started again.", labels=["service"]
        )
        for each in status.services:
            healthy.add_metric([each.name], float(each.health == "healthy" and not status.is_stale))
            memory.add_metric([each.name], each.memory_bytes)
            restarts.add_metric([each.name], each.restarts)
        yield from (healthy, memory, restarts)
