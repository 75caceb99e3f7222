"""The assets the DAGs are scheduled on; each changes when its signal arrives from Kafka.

In a DAG file: `from okr_assets import FILES_PUBLISHED` and `@dag(schedule=[FILES_PUBLISHED], ...)`. A run
finds what came in `triggering_asset_events`: `extra["payload"]` of each holds `kinds`, `datasets`,
`first_outbox_id`, `last_outbox_id` and `count`.
"""

from __future__ import annotations

from airflow.sdk import Asset, AssetWatcher
from okr_signals import SignalTrigger

__all__ = ["BUILD_DONE", "FILES_PUBLISHED", "MODEL_PROMOTED"]


def asset(name: str, kind: str, quiet_seconds: float, patience_seconds: float) -> Asset:
    """An asset that changes when signals of one kind have arrived."""
    trigger = SignalTrigger([kind], f"airflow-{name}", quiet_seconds, patience_seconds)
    return Asset(name, watchers=[AssetWatcher(name=f"{name}_signals", trigger=trigger)])


# Files come in heaps and take their time: all of them are to be in one build.
FILES_PUBLISHED = asset("okr_files_published", "file_published", quiet_seconds=3, patience_seconds=60)
BUILD_DONE = asset("okr_build_done", "build_done", quiet_seconds=1, patience_seconds=10)
MODEL_PROMOTED = asset("okr_model_promoted", "model_promoted", quiet_seconds=1, patience_seconds=10)
