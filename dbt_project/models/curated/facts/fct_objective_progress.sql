with objectives as (

    select * from {{ ref('dim_objectives') }}

),

-- A dropped key result is no part of its objective any more; one carried forward lives on elsewhere.
key_results as (

    select key_results.*
    from {{ ref('fct_key_results') }} key_results
    where coalesce(key_results.lifecycle, 'active') not in ('dropped', 'draft')
        and coalesce(key_results.outcome, 'none') <> 'dropped'

),

own_progress as (

    select
        key_results.objective_key,
        'own_key_results' as roll_up_method,
        count(*) as count_parts,
        sum(key_results.has_progress) as count_parts_with_progress,
        {{ weighted_mean('key_results.progress', 'key_results.weight') }} as progress,
        {{ weighted_coverage('key_results.progress', 'key_results.weight') }} as coverage,
        {{ weighted_mean('key_results.expected_progress', 'key_results.weight') }} as expected_progress,
        {{ weighted_mean(clamp('key_results.score'), 'key_results.weight') }} as score,
        {{ weighted_coverage('key_results.score', 'key_results.weight') }} as score_coverage,
        max(key_results.status_severity) as worst_status_severity
    from key_results
    group by key_results.objective_key

),

child_progress as (

    select
        objectives.parent_objective_key as objective_key,
        'child_objectives' as roll_up_method,
        count(*) as count_parts,
        sum(case when own_progress.progress is not null then 1 else 0 end) as count_parts_with_progress,
        {{ weighted_mean('own_progress.progress', '1') }} as progress,
        {{ weighted_coverage('own_progress.progress', '1') }} as coverage,
        {{ weighted_mean('own_progress.expected_progress', '1') }} as expected_progress,
        {{ weighted_mean('own_progress.score', '1') }} as score,
        {{ weighted_coverage('own_progress.score', '1') }} as score_coverage,
        max(own_progress.worst_status_severity) as worst_status_severity
    from objectives
    left join own_progress
        on objectives.objective_key = own_progress.objective_key
    where objectives.parent_objective_key is not null
        and objectives.parent_objective_key <> objectives.objective_key
    group by objectives.parent_objective_key

),

rolled as (

    select * from own_progress

    union all

    select * from child_progress

)

select
    rolled.objective_key,
    rolled.roll_up_method,
    {{ as_of_date() }} as as_of_date,
    'objective' as roll_up_level,
    objectives.objective_title,
    objectives.cycle_key,
    objectives.cycle_name,
    objectives.team_key,
    objectives.team_name,
    objectives.team_level,
    cast(rolled.count_parts as integer) as count_parts,
    cast(rolled.count_parts_with_progress as integer) as count_parts_with_progress,
    rolled.progress,
    rolled.coverage,
    rolled.expected_progress,
    {{ score_zone('rolled.progress') }} as progress_zone,
    rolled.score,
    rolled.score_coverage,
    {{ score_band('rolled.score') }} as score_band,
    rolled.worst_status_severity
from rolled
inner join objectives
    on rolled.objective_key = objectives.objective_key
