"""Exported rows and the columns of the seven files of the template."""

from __future__ import annotations

from datetime import datetime

__all__ = ["COLUMNS", "Row", "yes_or_no"]

Row = tuple[datetime, tuple[str, ...]]
"""When a row was recorded, and its cells in the order of the file."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "cycles": ("cycle_id", "name", "cadence", "start_date", "end_date", "parent_cycle_id"),
    "teams": ("team_id", "name", "level", "parent_team_id"),
    "people": ("person_id", "name", "email", "team_id", "is_active"),
    "objectives": (
        "objective_id", "cycle_id", "team_id", "title", "description", "owner_email", "parent_objective_id",
        "lifecycle", "effective_date", "recorded_at",
    ),
    "key_results": (
        "key_result_id", "objective_id", "title", "kind", "unit", "start_value", "target_value",
        "lower_bound", "upper_bound", "weight", "commitment", "owner_email", "priority", "lifecycle",
        "predecessor_id", "effective_date", "recorded_at",
    ),
    "check_ins": (
        "check_in_id", "key_result_id", "check_in_date", "value", "confidence", "status", "status_vocabulary",
        "comment", "author_email", "is_deleted", "recorded_at",
    ),
    "scores": ("key_result_id", "score", "outcome", "graded_at", "graded_by", "method", "recorded_at"),
}  # fmt: skip
"""Header of every file of the template."""


def yes_or_no(flag: bool) -> str:
    """A truth value as the template writes it."""
    return "true" if flag else "false"
