"""Imported where tasks are forked from, nowhere else: that process ends with the worker, tasks with it."""

from __future__ import annotations

from ingestion.system_calls import die_with_parent

die_with_parent()
