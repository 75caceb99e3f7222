with cycles as (

    select * from {{ ref('dim_cycles') }}

),

key_results as (

    select
        key_results.*,
        1 - key_results.is_open as is_finished,
        scores.final_score,
        scores.score as raw_score,
        scores.attained_at_070,
        scores.is_censored,
        scores.count_days_to_grade,
        scores.score_minus_progress,
        case when scores.key_result_key is not null then 1 else 0 end as is_graded
    from {{ ref('fct_key_results') }} key_results
    left join {{ ref('fct_key_result_scores') }} scores
        on key_results.key_result_key = scores.key_result_key

),

key_result_figures as (

    select
        key_results.cycle_key,
        count(*) as count_key_results,
        sum(key_results.is_open) as count_open,
        sum(case when key_results.lifecycle = 'dropped' then 1 else 0 end) as count_dropped,
        sum(case when key_results.lifecycle = 'carried_forward' then 1 else 0 end) as count_carried_forward,
        sum(key_results.is_finished) as count_finished,
        sum(key_results.is_graded) as count_graded,
        sum(
            case when key_results.is_graded = 1 and key_results.is_censored = 0 then 1 else 0 end
        ) as count_graded_uncensored,
        count(key_results.attained) as count_judged,
        sum(key_results.attained) as count_attained,
        avg(cast(key_results.attained as numeric(18, 6))) as attainment_rate,
        avg(cast(key_results.attained_at_070 as numeric(18, 6))) as attainment_rate_at_070,
        avg(case when key_results.is_censored = 0 then key_results.final_score end) as average_score,
        {% for commitment in ['committed', 'aspirational'] -%}
        avg(
            case
                when key_results.is_censored = 0 and key_results.commitment = '{{ commitment }}'
                    then key_results.final_score
            end
        ) as average_score_{{ commitment }},
        {% endfor -%}
        avg(
            case when key_results.is_censored = 0 and key_results.commitment is null then key_results.final_score end
        ) as average_score_unknown,
        {% for bin in range(10) -%}
        sum(
            case
                when key_results.raw_score >= {{ bin / 10 }} and key_results.raw_score < {{ (bin + 1) / 10 }} then 1
                else 0
            end
        ) as count_score_0{{ bin }},
        {% endfor -%}
        sum(case when key_results.raw_score < 0 then 1 else 0 end) as count_score_below_0,
        sum(case when key_results.raw_score = 1 then 1 else 0 end) as count_score_10,
        sum(case when key_results.raw_score > 1 then 1 else 0 end) as count_score_above_1,
        sum(case when key_results.raw_score = 0 then 1 else 0 end) as count_score_exactly_0,
        sum(case when key_results.raw_score between 0.6 and 0.8 then 1 else 0 end) as count_score_06_to_08,
        sum(case when key_results.raw_score is not null then 1 else 0 end) as count_scored,
        sum(key_results.has_progress) as count_with_progress,
        avg(key_results.progress) as average_progress,
        {% for zone in ['no_data', 'fail', 'commit', 'target', 'stretch'] -%}
        sum(case when key_results.progress_zone = '{{ zone }}' then 1 else 0 end) as count_zone_{{ zone }},
        {% endfor -%}
        avg(cast(key_results.count_days_to_grade as numeric(18, 6))) as average_days_to_grade,
        percentile_cont(0.5) within group (order by key_results.count_days_to_grade) as median_days_to_grade,
        avg(key_results.score_minus_progress) as average_score_minus_progress,
        sum(case when key_results.status_severity = 0 and key_results.raw_score is not null then 1 else 0 end)
            as count_graded_green,
        sum(
            case when key_results.status_severity = 0 and key_results.raw_score < 0.4 then 1 else 0 end
        ) as count_watermelons,
        sum(case when key_results.owner_name is null then 1 else 0 end) as count_without_owner,
        sum(
            case
                when key_results.start_value is not null and key_results.target_value is not null
                    and key_results.cycle_end_date is not null then 1
                else 0
            end
        ) as count_measurable,
        sum(case when key_results.count_target_changes > 0 then 1 else 0 end) as count_retargeted
    from key_results
    group by key_results.cycle_key

),

objective_figures as (

    select
        objectives.cycle_key,
        count(*) as count_objectives,
        sum(objectives.has_parent) as count_aligned_objectives
    from {{ ref('dim_objectives') }} objectives
    group by objectives.cycle_key

),

week_figures as (

    select
        weeks.cycle_key,
        count(*) as count_open_weeks,
        sum(weeks.has_check_in) as count_weeks_with_check_in,
        sum(weeks.has_check_in_recorded) as count_weeks_with_record,
        sum(weeks.is_stale) as count_stale_weeks
    from {{ ref('fct_key_result_weeks') }} weeks
    group by weeks.cycle_key

)

select
    cycles.cycle_key,
    cycles.source_system,
    cycles.source_instance,
    cycles.cycle_name,
    cycles.start_date,
    cycles.end_date,
    cycles.cycle_state,
    cast(coalesce(objectives.count_objectives, 0) as integer) as count_objectives,
    {% for count in [
        'key_results', 'open', 'finished', 'dropped', 'carried_forward', 'graded', 'graded_uncensored', 'judged', 'attained',
        'scored', 'with_progress', 'without_owner', 'measurable', 'retargeted', 'graded_green', 'watermelons',
        'zone_no_data', 'zone_fail', 'zone_commit', 'zone_target', 'zone_stretch',
        'score_below_0', 'score_00', 'score_01', 'score_02', 'score_03', 'score_04', 'score_05', 'score_06', 'score_07', 'score_08',
        'score_09', 'score_10', 'score_above_1', 'score_exactly_0', 'score_06_to_08',
    ] -%}
    cast(coalesce(figures.count_{{ count }}, 0) as integer) as count_{{ count }},
    {% endfor -%}
    {{ as_share('figures.attainment_rate') }} as attainment_rate,
    {{ as_share('figures.attainment_rate_at_070') }} as attainment_rate_at_070,
    {{ as_share('cast(figures.count_graded as numeric(18, 6)) / nullif(figures.count_finished, 0)') }}
        as graded_coverage,
    {{ as_share('cast(figures.count_carried_forward as numeric(18, 6)) / nullif(figures.count_finished, 0)') }}
        as carry_over_rate,
    {{ as_share('figures.average_score') }} as average_score,
    {{ as_share('figures.average_score_committed') }} as average_score_committed,
    {{ as_share('figures.average_score_aspirational') }} as average_score_aspirational,
    {{ as_share('figures.average_score_unknown') }} as average_score_unknown,
    {{ as_share('figures.average_progress') }} as average_progress,
    {{ as_share('figures.average_score_minus_progress') }} as average_score_minus_progress,
    {{ as_share('cast(figures.count_watermelons as numeric(18, 6)) / nullif(figures.count_graded_green, 0)') }}
        as watermelon_rate,
    {{ as_share('figures.average_days_to_grade') }} as average_days_to_grade,
    {{ as_share('figures.median_days_to_grade') }} as median_days_to_grade,
    cast(coalesce(weeks.count_open_weeks, 0) as integer) as count_open_weeks,
    cast(coalesce(weeks.count_weeks_with_check_in, 0) as integer) as count_weeks_with_check_in,
    cast(coalesce(weeks.count_stale_weeks, 0) as integer) as count_stale_weeks,
    {{ as_share('cast(weeks.count_weeks_with_check_in as numeric(18, 6)) / nullif(weeks.count_open_weeks, 0)') }}
        as check_in_compliance,
    {{ as_share('cast(weeks.count_weeks_with_record as numeric(18, 6)) / nullif(weeks.count_open_weeks, 0)') }}
        as check_in_compliance_recorded,
    {{ as_share('cast(objectives.count_aligned_objectives as numeric(18, 6)) / nullif(objectives.count_objectives, 0)')
    }}
        as alignment_coverage,
    {{ as_share('cast(figures.count_key_results as numeric(18, 6)) / nullif(objectives.count_objectives, 0)') }}
        as key_results_per_objective
from cycles
left join key_result_figures figures
    on cycles.cycle_key = figures.cycle_key
left join objective_figures objectives
    on cycles.cycle_key = objectives.cycle_key
left join week_figures weeks
    on cycles.cycle_key = weeks.cycle_key
