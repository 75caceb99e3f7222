"""How many rows of a file may be rejected before someone must look at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.csv_file import Tally

__all__ = ["over_budget"]


def over_budget(tally: Tally, config: Mapping[str, Any]) -> str | None:
    """Why a file must be held, if it has too many rejects."""
    rejected, candidates = tally.rejected, tally.loaded + tally.rejected
    if rejected > config["error.budget.count"]:
        return (
            f"{rejected} rejects, more than the {config['error.budget.count']} allowed (error.budget.count)"
        )
    is_worth_asking = rejected > config["error.budget.free"] or (rejected and not tally.loaded)
    if is_worth_asking and rejected > config["error.budget.share"] * candidates:
        share = config["error.budget.share"]
        return f"{rejected} of {candidates} rows rejected, more than {share:g} of them (error.budget.share)"
    return None
