-- portability: G1-reserved(checkpoint): no reserved word of Oracle; dbt-oracle quotes it, but in column comments only.
{{ config(persist_docs={'relation': true, 'columns': target.type != 'oracle'}) }}

with dates as (

    select * from {{ ref('int_feature_dates') }}

),

key_results as (

    select * from {{ ref('int_key_results_ordered') }}

),

objectives as (

    select
        objectives.*,
        row_number() over (
            partition by objectives.objective_key order by {{ ruling_order('objectives') }}
        ) as version_number
    from {{ ref('int_objectives_unioned') }} objectives

),

-- Every cycle that any version ever put a key result into; which of them counted on a day is settled below.
memberships as (

    select distinct
        key_results.key_result_key,
        objectives.cycle_key
    from key_results
    inner join objectives
        on key_results.objective_key = objectives.objective_key
    where objectives.cycle_key is not null

),

key_result_versions as (

    select
        memberships.key_result_key,
        dates.cycle_key,
        dates.as_of_date,
        dates.checkpoint,
        dates.seen_until,
        dates.cycle_start_date,
        dates.cycle_end_date,
        dates.elapsed,
        key_results.version_number,
        key_results.objective_key,
        {{ goal_signature('key_results') }} as goal,
        row_number() over (
            partition by memberships.key_result_key, dates.cycle_key, dates.as_of_date
            order by key_results.version_number desc
        ) as version_rank
    from memberships
    inner join dates
        on memberships.cycle_key = dates.cycle_key
    inner join key_results
        on memberships.key_result_key = key_results.key_result_key
        and dates.as_of_date >= key_results.business_date
        and {{ held_at('key_results', 'dates.seen_until') }}

),

compared_versions as (

    select
        key_result_versions.*,
        lag(key_result_versions.goal) over (
            partition by
                key_result_versions.key_result_key, key_result_versions.cycle_key, key_result_versions.as_of_date
            order by key_result_versions.version_number
        ) as goal_before
    from key_result_versions

),

counted_versions as (

    select
        compared_versions.*,
        sum(case when compared_versions.goal <> compared_versions.goal_before then 1 else 0 end) over (
            partition by compared_versions.key_result_key, compared_versions.cycle_key, compared_versions.as_of_date
        ) as target_changes
    from compared_versions

),

objective_versions as (

    select
        counted_versions.*,
        objectives.cycle_key as objective_cycle_key,
        objectives.team_key,
        objectives.parent_objective_key,
        objectives.is_deleted as is_objective_deleted,
        row_number() over (
            partition by counted_versions.key_result_key, counted_versions.cycle_key, counted_versions.as_of_date
            order by objectives.version_number desc
        ) as objective_rank
    from counted_versions
    inner join objectives
        on counted_versions.objective_key = objectives.objective_key
        and counted_versions.as_of_date >= objectives.business_date
        and {{ held_at('objectives', 'counted_versions.seen_until', 'known_at', 'known_until') }}
    where counted_versions.version_rank = 1

),

grades as (

    select
        scores.key_result_key,
        min(scores.recorded_at) as first_graded_at
    from {{ ref('int_scores_ordered') }} scores
    where scores.known_to = {{ end_of_time() }}
        and scores.is_deleted = 0
    group by scores.key_result_key

)

select
    objective_versions.key_result_key,
    objective_versions.as_of_date,
    objective_versions.checkpoint,
    objective_versions.seen_until,
    objective_versions.cycle_key,
    objective_versions.cycle_start_date,
    objective_versions.cycle_end_date,
    objective_versions.elapsed,
    objective_versions.objective_key,
    objective_versions.team_key,
    objective_versions.parent_objective_key,
    objective_versions.version_number,
    cast(objective_versions.target_changes as integer) as target_changes,
    key_results.source_system,
    key_results.source_instance,
    coalesce(key_results.key_result_kind, 'metric') as key_result_kind,
    key_results.start_value,
    key_results.target_value,
    key_results.lower_bound,
    key_results.upper_bound,
    key_results.weight,
    key_results.commitment,
    key_results.owner_name,
    key_results.priority,
    key_results.lifecycle,
    key_results.reported_progress,
    case
        when key_results.lifecycle in ('closed', 'dropped', 'carried_forward') then 0
        when grades.first_graded_at < objective_versions.seen_until then 0
        else 1
    end as is_open
from objective_versions
inner join key_results
    on objective_versions.key_result_key = key_results.key_result_key
    and objective_versions.version_number = key_results.version_number
left join grades
    on objective_versions.key_result_key = grades.key_result_key
where objective_versions.objective_rank = 1
    and objective_versions.objective_cycle_key = objective_versions.cycle_key
    and objective_versions.is_objective_deleted = 0
    and key_results.is_deleted = 0
