"""How old the warehouse's results are, and what alerts are open."""

from __future__ import annotations

from dataclasses import dataclass

import settings
from api.database import connect

__all__ = ["Freshness", "read"]

AGES = """
    select
        extract(epoch from clock_timestamp() - (
            select known_at from okr_raw.publications order by publish_seq desc limit 1
        ))::float8,
        extract(epoch from clock_timestamp() - (
            select max(finished_at) from okr_ops.builds where failures = 0
        ))::float8,
        extract(epoch from clock_timestamp() - (
            select max(decided_at) from okr_ml.promotions where decision <> 'kept'
        ))::float8
"""
ALERTS = "select kind, count(*) from okr_ops.alerts where settled_at is null group by kind order by kind"


@dataclass(frozen=True, slots=True)
class Freshness:
    """Ages in seconds; None where there is nothing of the kind yet."""

    publication_seconds: float | None
    good_build_seconds: float | None
    champion_seconds: float | None
    open_alerts: dict[str, int]

    def gauges(self) -> dict[str, tuple[str, float | None]]:
        """Name, description and value of each age for Prometheus."""
        return {
            "okr_newest_publication_age_seconds": (
                "Age of the newest publication, by when it counts as known.",
                self.publication_seconds,
            ),
            "okr_last_good_build_age_seconds": (
                "Age of the last build without failures.",
                self.good_build_seconds,
            ),
            "okr_champion_age_seconds": ("Age of the forecaster in charge.", self.champion_seconds),
        }


def read(config: settings.Settings) -> Freshness:
    """Ask the database; DatabaseAwayError where it does not answer."""
    with connect(config) as connection:
        ages = connection.execute(AGES).fetchone() or (None, None, None)
        alerts = connection.execute(ALERTS).fetchall()
    publication, good_build, champion = ages
    return Freshness(publication, good_build, champion, {str(kind): int(count) for kind, count in alerts})
