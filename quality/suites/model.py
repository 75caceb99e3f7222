"""The model's door: features and labels as dbt built them, before anything is trained on them."""

from __future__ import annotations

from datetime import date

from great_expectations.expectations.expectation import Expectation

from quality.suites.asset import Asset
from quality.suites.contract import FEATURE_COLUMNS, FEATURES, LABEL_COLUMNS, LABELS, columns_query
from quality.suites.drift import drift_query
from quality.suites.limits import (
    CLASS_BALANCE,
    DRIFT_INDEX,
    EARLY_GRADE_SHARE,
    ENOUGH_LABELS,
    MISSING_CONFIDENCE_SHARE,
    MISSING_PROGRESS_SHARE,
)
from quality.suites.rules import CRITICAL, WARNING

__all__ = ["model_assets"]

SHARES = ("elapsed", "progress", "confidence", "team_attainment_prior")
FLAGS = (
    "is_open",
    "has_progress",
    "has_confidence",
    "has_status",
    "is_committed",
    "commitment_known",
    "has_parent",
)
COUNTS = (
    "check_ins_so_far",
    "days_since_check_in",
    "regressions",
    "target_changes",
    "sibling_count",
    "comment_length",
)

FEATURE_ROWS = f"""
select
    features.*,
    features.key_result_key || ' ' || features.as_of_date || ' ' || features.checkpoint as feature_row,
    case when (features.progress is null) <> (features.has_progress = 0)
            or (features.confidence is null) <> (features.has_confidence = 0)
        then features.key_result_key || ' as of ' || features.as_of_date
    end as flag_contradiction
from {FEATURES} features
"""

LABEL_ROWS = f"""
select
    labels.*,
    case when labels.label_available_at < cycles.cycle_end_date
        then labels.key_result_key || ' graded ' || labels.label_available_at
            || ', cycle ends ' || cycles.cycle_end_date
    end as graded_early,
    case when cycles.key_result_key is null then labels.key_result_key end as without_features
from {LABELS} labels
left join (
    select features.key_result_key, max(features.cycle_end_date) as cycle_end_date
    from {FEATURES} features
    group by features.key_result_key
) cycles on labels.key_result_key = cycles.key_result_key
"""


def model_assets(as_of: date, count_features: int, count_labels: int) -> list[Asset]:
    """What to check at the model's door, for a build as of `as_of`.

    Rules about rows are left out where a table holds none: an empty table is one honest warning, not twenty.
    """
    feature_rules = [WARNING.rows(1, problem="no key result has features")]
    label_rules = [WARNING.rows(1, problem="no graded key results")]
    if count_features:
        feature_rules += [*_feature_rules(as_of), *_value_rules()]
    if count_labels:
        label_rules += _label_rules()
    assets = [
        _columns(FEATURES, "model.features_columns", FEATURE_COLUMNS),
        _columns(LABELS, "model.labels_columns", LABEL_COLUMNS),
        Asset(FEATURES, "model.features", FEATURE_ROWS, feature_rules),
        Asset(LABELS, "model.labels", LABEL_ROWS, label_rules),
    ]
    if count_features:
        assets.append(Asset(f"{FEATURES} (drift)", "model.drift", drift_query(FEATURES), [_steady()]))
    return assets


def _columns(table: str, suite: str, columns: dict[str, tuple[str, ...]]) -> Asset:
    rule = CRITICAL.none("wrong_column", "every column of the contract, with its type", "*")
    return Asset(f"{table} (columns)", suite, columns_query(table, columns), [rule])


def _feature_rules(as_of: date) -> list[Expectation]:
    key = "key_result_key, as_of_date, checkpoint"
    flags = "has_progress, has_confidence"
    not_later = f"not after the build's as-of date {as_of}"
    return [
        CRITICAL.unique("feature_row", "one row per key result, date and checkpoint", key),
        CRITICAL.filled("key_result_key"),
        CRITICAL.filled("as_of_date"),
        CRITICAL.between("as_of_date", high=as_of, expected=not_later),
        CRITICAL.none("flag_contradiction", "a value where the flag says so, none where it does not", flags),
    ]


def _value_rules() -> list[Expectation]:
    return [
        *(CRITICAL.between(name, 0, 1) for name in SHARES),
        *(CRITICAL.one_of(name, (0, 1)) for name in FLAGS),
        *(CRITICAL.between(name, 0) for name in COUNTS),
        WARNING.filled("progress", 1 - MISSING_PROGRESS_SHARE),
        WARNING.filled("confidence", 1 - MISSING_CONFIDENCE_SHARE),
    ]


def _label_rules() -> list[Expectation]:
    low, high = CLASS_BALANCE
    on_time = 1 - EARLY_GRADE_SHARE
    late_enough = f"after the cycle's end for {on_time:.0%} of labels"
    return [
        CRITICAL.unique("key_result_key", "one label per key result"),
        CRITICAL.filled("attained"),
        CRITICAL.one_of("attained", (0, 1)),
        CRITICAL.between("final_score", 0, 1),
        CRITICAL.filled("label_available_at"),
        WARNING.none("graded_early", late_enough, "label_available_at", mostly=on_time),
        WARNING.none("without_features", "every label's key result has features", "key_result_key"),
        WARNING.rows(ENOUGH_LABELS, problem=f"fewer than {ENOUGH_LABELS} graded key results"),
        WARNING.mean_between("attained", low, high, f"between {low:.0%} and {high:.0%} attained"),
    ]


def _steady() -> Expectation:
    return WARNING.none("shifted", f"stability index at most {DRIFT_INDEX} against earlier cycles", "*")
