"""The columns the model is promised: what okr_curated's feature and label tables hold, with their types."""

from __future__ import annotations

__all__ = ["FEATURES", "FEATURE_COLUMNS", "LABELS", "LABEL_COLUMNS", "columns_query"]

FEATURES = "okr_curated.ml_key_result_features"
LABELS = "okr_curated.ml_key_result_labels"

TEXT = ("character varying", "text", "character")
NUMBER = ("numeric", "integer", "bigint", "smallint", "double precision", "real")
DATE = ("date",)
TIMESTAMP = ("timestamp without time zone", "timestamp with time zone")

KEYS = ("key_result_key", "objective_key", "cycle_key", "lineage_key", "source_system", "source_instance")
KINDS = ("checkpoint", "key_result_kind")
DATES = ("as_of_date", "cycle_start_date", "cycle_end_date")
PACE = ("elapsed", "progress_raw", "progress", "has_progress", "pace_gap", "pace_ratio", "progress_slope")
HABITS = ("progress_volatility", "regressions", "days_since_check_in", "check_ins_so_far", "check_in_rate")
WORDS_OF_OWNERS = ("confidence", "confidence_change", "has_confidence", "status_severity", "has_status")
NATURE = (
    "is_open",
    "weight",
    "priority_rank",
    "is_committed",
    "commitment_known",
    "direction",
    "target_changes",
)
PLACE = ("sibling_count", "owner_load", "objective_depth", "has_parent")
HISTORY = ("team_attainment_prior", "team_labels_prior", "days_late_mean")
COMMENTS = ("comment_length", "comment_negations")

FEATURE_COLUMNS = {
    **dict.fromkeys(KEYS + KINDS, TEXT),
    **dict.fromkeys(DATES, DATE),
    **dict.fromkeys(PACE + HABITS + WORDS_OF_OWNERS + NATURE + PLACE + HISTORY + COMMENTS, NUMBER),
}
LABEL_COLUMNS = {
    "key_result_key": TEXT,
    "attained": NUMBER,
    "final_score": NUMBER,
    "label_available_at": TIMESTAMP,
    "commitment": TEXT,
    "threshold": NUMBER,
}


def columns_query(table: str, columns: dict[str, tuple[str, ...]]) -> str:
    """SQL with one row per promised column, and words where it is missing or of another type."""
    schema, name = table.split(".")
    wanted = ",\n    ".join(_wanted(column, types) for column, types in columns.items())
    return f"""
select
    wanted.column_name,
    case when not coalesce(present.data_type = any(wanted.data_types), false)
        then wanted.column_name || ' is ' || coalesce(present.data_type, 'missing')
            || ', wanted ' || wanted.words
    end as wrong_column
from (values
    {wanted}
) as wanted (column_name, words, data_types)
left join information_schema.columns as present
    on present.table_schema = '{schema}' and present.table_name = '{name}'
    and present.column_name = wanted.column_name
"""


def _wanted(column: str, types: tuple[str, ...]) -> str:
    names = ", ".join(f"'{name}'" for name in types)
    return f"('{column}', '{types[0]}', array[{names}])"
