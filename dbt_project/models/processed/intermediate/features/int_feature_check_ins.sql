-- noqa: disable=LT02
-- (sqlfluff indents columns that a loop writes by the loop, not by the query)
with grid as (

    select * from {{ ref('int_feature_grid') }}

),

-- Every version recorded by then, also one with a later business date: it may replace an earlier edit.
recorded as (

    select
        grid.key_result_key,
        grid.as_of_date,
        check_ins.business_date,
        coalesce(check_ins.recorded_at, check_ins.known_at) as recorded_at,
        check_ins.check_in_key,
        check_ins.confidence,
        check_ins.status_severity,
        check_ins.comment_text,
        check_ins.is_deleted,
        check_ins.publish_seq,
        check_ins.row_number,
        check_ins.file_id,
        check_ins.published_at,
        coalesce(
            {{ progress('grid.key_result_kind', 'check_ins.check_in_value', 'grid.start_value', 'grid.target_value',
                'grid.lower_bound', 'grid.upper_bound', '0', 'check_ins.reported_progress') }},
            {{ bound_holds('grid.key_result_kind', 'check_ins.check_in_value', 'grid.target_value',
                'grid.lower_bound', 'grid.upper_bound') }}
        ) as progress,
        row_number() over (
            partition by grid.key_result_key, grid.as_of_date, check_ins.check_in_key
            order by {{ edit_order('check_ins', 'desc') }}
        ) as edit_rank
    from grid
    inner join {{ ref('int_check_ins_unioned') }} check_ins
        on grid.key_result_key = check_ins.key_result_key
        and {{ held_at('check_ins', 'grid.seen_until', 'known_at', 'known_until') }}

),

{% set latest_first -%}
    over (
            partition by recorded.key_result_key, recorded.as_of_date
            order by {{ ruling_order('recorded', 'desc') }}
            rows between unbounded preceding and current row
        )
{%- endset -%}
counted as (

    select
        recorded.*,
        -- Places count from the latest; a check-in that does not say something has no place in it.
        {% for name, column in [
            ('progress', 'progress'), ('confidence', 'confidence'), ('status', 'status_severity'),
            ('comment', 'comment_text'),
        ] -%}
        case
            when recorded.{{ column }} is not null then count(recorded.{{ column }}) {{ latest_first }}
        end as {{ name }}_place{{ ',' if not loop.last }}
        {% endfor %}
    from recorded
    where recorded.edit_rank = 1
        and recorded.is_deleted = 0
        and recorded.business_date <= recorded.as_of_date

),

moved as (

    select
        counted.key_result_key,
        counted.as_of_date,
        counted.progress - lead(counted.progress) over (
            partition by counted.key_result_key, counted.as_of_date order by counted.progress_place
        ) as progress_change
    from counted
    where counted.progress is not null

),

movements as (

    select
        moved.key_result_key,
        moved.as_of_date,
        stddev_samp(moved.progress_change) as progress_volatility,
        sum(case when moved.progress_change < 0 then 1 else 0 end) as regressions
    from moved
    group by moved.key_result_key, moved.as_of_date

),

summed as (

    select
        counted.key_result_key,
        counted.as_of_date,
        count(*) as check_ins_so_far,
        count(distinct {{ week_start('counted.business_date') }}) as count_weeks,
        max(counted.business_date) as last_date,
        avg(
            cast({{ date_diff_days(as_date('counted.recorded_at'), 'counted.business_date') }} as numeric(18, 6))
        ) as days_late_mean,
        {% for rank in ['1', '2', '3'] -%}
        max(case when counted.progress_place = {{ rank }} then counted.progress end) as progress_{{ rank }},
        max(case when counted.progress_place = {{ rank }} then counted.business_date end) as date_{{ rank }},
        max(case when counted.confidence_place = {{ rank }} then counted.confidence end) as confidence_{{ rank }},
        {% endfor -%}
        max(case when counted.status_place = 1 then counted.status_severity end) as status_severity,
        max(case when counted.comment_place = 1 then counted.comment_text end) as comment_text
    from counted
    group by counted.key_result_key, counted.as_of_date

)

select
    summed.key_result_key,
    summed.as_of_date,
    cast(summed.check_ins_so_far as integer) as check_ins_so_far,
    cast(summed.count_weeks as integer) as count_weeks,
    summed.last_date,
    {{ as_share('summed.days_late_mean') }} as days_late_mean,
    {{ as_share('summed.progress_1') }} as progress,
    {{ as_share('7 * (summed.progress_1 - coalesce(summed.progress_3, summed.progress_2)) / nullif('
        ~ date_diff_days('summed.date_1', 'coalesce(summed.date_3, summed.date_2)') ~ ', 0)') }} as progress_slope,
    {{ as_share('movements.progress_volatility') }} as progress_volatility,
    cast(coalesce(movements.regressions, 0) as integer) as regressions,
    {{ as_share('summed.confidence_1') }} as confidence,
    {{ as_share('summed.confidence_1 - coalesce(summed.confidence_3, summed.confidence_2)') }} as confidence_change,
    cast(summed.status_severity as integer) as status_severity,
    cast(length(summed.comment_text) as integer) as comment_length,
    cast(regexp_count(
        lower(summed.comment_text),
        '(^|[^[:alpha:]])(no|not|never|none|nothing|cannot|without|unable|blocked|stuck|delayed|late|[[:alpha:]]+n.t)'
        || '([^[:alpha:]]|$)'
    ) as integer) as comment_negations
from summed
left join movements
    on summed.key_result_key = movements.key_result_key
    and summed.as_of_date = movements.as_of_date
