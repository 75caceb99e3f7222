"""Every limit of the checks, in one place, with what it means."""

from __future__ import annotations

__all__ = [
    "CLASS_BALANCE",
    "DRIFT_INDEX",
    "DUPLICATE_SHARE",
    "EARLY_GRADE_SHARE",
    "EARLIEST_YEAR",
    "ENOUGH_LABELS",
    "KNOWN_DATASET_SHARE",
    "MISSING_CONFIDENCE_SHARE",
    "MISSING_PROGRESS_SHARE",
    "MOSTLY",
    "REJECT_SHARE",
    "SCORE_HIGHEST",
]

MOSTLY = 0.99
"""Share of a dataset's rows a cell rule must hold for: one slip in a hundred is human, more a bad export."""

REJECT_SHARE = 0.05
"""Share of a file's rows that may be rejected."""

KNOWN_DATASET_SHARE = 0.9
"""Share of the published files whose layout must be recognised."""

DUPLICATE_SHARE = 0.1
"""Share of rows that may repeat the same version of the same thing; staging collapses them."""

EARLIEST_YEAR = 2000
"""No OKR tool recorded anything before: an earlier time is a default of some program (1970, 1900)."""

SCORE_HIGHEST = 2.0
"""Scores are 0..1 and may exceed 1; beyond 2 the column is on another scale (0..100)."""

ENOUGH_LABELS = 200
"""Graded key results below which a learned model is not to be trusted."""

CLASS_BALANCE = (0.1, 0.9)
"""Share of attained key results between which both outcomes are common enough to learn from."""

EARLY_GRADE_SHARE = 0.1
"""Share of key results that may be graded before their cycle ended."""

MISSING_PROGRESS_SHARE = 0.4
"""Share of feature rows that may have no progress at all."""

MISSING_CONFIDENCE_SHARE = 0.8
"""Share of feature rows that may have no confidence: many tools do not ask for it."""

DRIFT_INDEX = 0.25
"""Population stability index above which a distribution is said to have shifted (0.1 to 0.25: a little)."""
