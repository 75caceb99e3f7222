"""Has the running cycle's data moved away from what earlier cycles looked like?"""

from __future__ import annotations

from quality.suites.limits import DRIFT_INDEX

__all__ = ["drift_query"]

WATCHED = (
    "progress",
    "pace_gap",
    "confidence",
    "status_severity",
    "days_since_check_in",
    "check_in_rate",
    "owner_load",
)
FEWEST_ROWS = 50
BINS = 10
SMALLEST_SHARE = 0.0001  # an empty bin would make the logarithm infinite


STATEMENT = f"""
with newest as (
    select max(cycle_start_date) as cycle_start_date from {{table}}
),
reached as (
    select max(features.elapsed) as elapsed
    from {{table}} features
    inner join newest on features.cycle_start_date = newest.cycle_start_date
),
observed as (
    select
        watched.feature,
        watched.observed_value,
        case when features.cycle_start_date = newest.cycle_start_date then 1 else 0 end as is_newest
    from {{table}} features
    cross join newest
    inner join reached on features.elapsed <= reached.elapsed
    cross join lateral (values {{values}}) as watched (feature, observed_value)
    where watched.observed_value is not null
),
ranges as (
    select
        feature,
        percentile_cont(0.02) within group (order by observed_value) as low,
        percentile_cont(0.98) within group (order by observed_value) as high,
        count(*) as count_earlier
    from observed
    where is_newest = 0
    group by feature
),
binned as (
    select
        observed.feature,
        case when ranges.high > ranges.low
            then width_bucket(observed.observed_value, ranges.low, ranges.high, {BINS}) else 0
        end as bin,
        sum(observed.is_newest) as count_newest,
        sum(1 - observed.is_newest) as count_earlier
    from observed
    inner join ranges on observed.feature = ranges.feature
    group by 1, 2
),
totalled as (
    select
        binned.*,
        sum(count_newest) over (partition by feature) as all_newest,
        sum(count_earlier) over (partition by feature) as all_earlier
    from binned
),
shares as (
    select
        feature,
        greatest(count_newest / nullif(all_newest, 0), {SMALLEST_SHARE}) as newest_share,
        greatest(count_earlier / nullif(all_earlier, 0), {SMALLEST_SHARE}) as earlier_share,
        all_newest,
        all_earlier
    from totalled
),
indexed as (
    select
        feature,
        case when min(all_newest) >= {FEWEST_ROWS} and min(all_earlier) >= {FEWEST_ROWS}
            then sum((newest_share - earlier_share) * ln(newest_share / earlier_share))
        end as stability_index
    from shares
    group by feature
)
select
    feature,
    stability_index,
    case when stability_index > {DRIFT_INDEX} then feature || ' ' || round(stability_index, 2) end as shifted
from indexed
"""


def drift_query(table: str) -> str:
    """SQL with one row per watched feature: its population stability index, and words where that is too high.

    The index is sum((p - q) * ln(p / q)) over ten bins of equal width between the earlier rows' 2nd and 98th
    percentile, where p and q are the shares of the newest cycle's rows and of all earlier cycles' rows in a
    bin. Rows are compared at the same part of the cycle: earlier rows further on than the newest cycle has
    come are left out. With fewer than 50 rows on either side nothing is said (index null).
    """
    values = ", ".join(f"('{name}', cast(features.{name} as double precision))" for name in WATCHED)
    return STATEMENT.format(table=table, values=values)
