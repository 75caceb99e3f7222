-- portability: G1-reserved(checkpoint): no reserved word of Oracle; dbt-oracle quotes it, but in column comments only.
{{ config(persist_docs={'relation': true, 'columns': target.type != 'oracle'}) }}

with grid as (

    select * from {{ ref('int_feature_grid') }}

),

check_ins as (

    select * from {{ ref('int_feature_check_ins') }}

),

joined as (

    select
        grid.*,
        coalesce(check_ins.progress, {{ as_share('grid.reported_progress') }}) as progress_raw,
        check_ins.progress_slope,
        check_ins.progress_volatility,
        coalesce(check_ins.regressions, 0) as regressions,
        check_ins.last_date,
        coalesce(check_ins.check_ins_so_far, 0) as check_ins_so_far,
        coalesce(check_ins.count_weeks, 0) as count_weeks,
        check_ins.confidence,
        check_ins.confidence_change,
        check_ins.status_severity,
        check_ins.comment_length,
        check_ins.comment_negations,
        check_ins.days_late_mean,
        {{ expected_progress('grid.key_result_kind', 'grid.commitment', 'grid.elapsed', 'grid.start_value',
            'grid.target_value') }} as expected_progress,
        case when coalesce(grid.lifecycle, 'active') <> 'dropped' then 1 else 0 end as counts_as_sibling
    from grid
    left join check_ins
        on grid.key_result_key = check_ins.key_result_key
        and grid.as_of_date = check_ins.as_of_date

),

clamped as (

    select
        joined.*,
        sum(joined.counts_as_sibling) over (partition by joined.objective_key, joined.as_of_date)
        - joined.counts_as_sibling as sibling_count,
        {{ clamp('joined.progress_raw') }} as progress
    from joined

)

select
    clamped.key_result_key,
    clamped.as_of_date,
    clamped.objective_key,
    clamped.cycle_key,
    key_results.lineage_key,
    clamped.source_system,
    clamped.source_instance,
    clamped.checkpoint,
    clamped.is_open,
    clamped.cycle_start_date,
    clamped.cycle_end_date,
    clamped.elapsed,
    clamped.progress_raw,
    {{ as_share('clamped.progress') }} as progress,
    case when clamped.progress is not null then 1 else 0 end as has_progress,
    clamped.expected_progress,
    {{ pace_gap('clamped.expected_progress', 'clamped.progress') }} as pace_gap,
    {{ pace_ratio('clamped.expected_progress', 'clamped.progress', 'clamped.elapsed') }} as pace_ratio,
    clamped.progress_slope,
    clamped.progress_volatility,
    clamped.regressions,
    cast({{ date_diff_days('clamped.as_of_date', 'clamped.last_date') }} as integer) as days_since_check_in,
    clamped.check_ins_so_far,
    {{ as_share('cast(clamped.count_weeks as numeric(18, 6)) / (1 + '
        ~ date_diff_days(week_start('clamped.as_of_date'), week_start('clamped.cycle_start_date')) ~ ' / 7)') }} as check_in_rate,
    clamped.confidence,
    clamped.confidence_change,
    case when clamped.confidence is not null then 1 else 0 end as has_confidence,
    clamped.status_severity,
    case when clamped.status_severity is not null then 1 else 0 end as has_status,
    {{ as_share('coalesce(clamped.weight, 1)') }} as weight,
    case clamped.priority when 'P0' then 0 when 'P1' then 1 when 'P2' then 2 when 'P3' then 3 end as priority_rank,
    case clamped.commitment when 'committed' then 1 when 'aspirational' then 0 end as is_committed,
    case when clamped.commitment is not null then 1 else 0 end as commitment_known,
    clamped.key_result_kind,
    case
        when clamped.key_result_kind not in ('metric', 'milestone') then 0
        when clamped.target_value > coalesce(clamped.start_value, 0) then 1
        when clamped.target_value < clamped.start_value then -1
        else 0
    end as direction,
    cast(clamped.sibling_count as integer) as sibling_count,
    clamped.target_changes,
    coalesce(owners.owner_load, 0) as owner_load,
    teams.team_attainment_prior,
    coalesce(teams.team_labels_prior, 0) as team_labels_prior,
    objectives.objective_depth,
    coalesce(objectives.has_parent, 0) as has_parent,
    clamped.comment_length,
    clamped.comment_negations,
    clamped.days_late_mean
from clamped
left join {{ ref('dim_key_results') }} key_results
    on clamped.key_result_key = key_results.key_result_key
left join {{ ref('int_feature_owners') }} owners
    on clamped.source_system = owners.source_system
    and clamped.source_instance = owners.source_instance
    and clamped.owner_name = owners.owner_name
    and clamped.as_of_date = owners.as_of_date
left join {{ ref('int_feature_teams') }} teams
    on clamped.source_system = teams.source_system
    and clamped.source_instance = teams.source_instance
    and coalesce(clamped.team_key, 'none') = coalesce(teams.team_key, 'none')
    and clamped.as_of_date = teams.as_of_date
left join {{ ref('int_feature_objectives') }} objectives
    on clamped.objective_key = objectives.objective_key
    and clamped.as_of_date = objectives.as_of_date
