-- How many key results an owner held open: running sums over openings, closings and questions in time order.
with questions as (

    select distinct
        grid.source_system,
        grid.source_instance,
        grid.owner_name,
        grid.as_of_date,
        grid.seen_until
    from {{ ref('int_feature_grid') }} grid
    where grid.owner_name is not null

),

first_grades as (

    select
        scores.key_result_key,
        min(scores.recorded_at) as graded_at
    from {{ ref('int_scores_ordered') }} scores
    where scores.known_to = {{ end_of_time() }}
        and scores.is_deleted = 0
    group by scores.key_result_key

),

cycle_ends as (

    select
        grid.key_result_key,
        max({{ end_of_day('grid.cycle_end_date') }}) as ended_at
    from {{ ref('int_feature_grid') }} grid
    group by grid.key_result_key

),

versions as (

    select
        key_results.*,
        greatest(key_results.recorded_at, {{ as_timestamp('key_results.business_date') }}) as told_at
    from {{ ref('int_key_results_ordered') }} key_results
    where key_results.known_to = {{ end_of_time() }}

),

holdings as (

    select
        versions.source_system,
        versions.source_instance,
        versions.owner_name,
        versions.told_at as held_from,
        least(
            coalesce(
                lead(versions.told_at) over (
                    partition by versions.key_result_key order by versions.told_at, versions.version_number
                ),
                {{ end_of_time() }}
            ),
            coalesce(first_grades.graded_at, {{ end_of_time() }}),
            coalesce(cycle_ends.ended_at, {{ end_of_time() }})
        ) as held_to,
        case
            when versions.is_deleted = 1 or versions.lifecycle in ('closed', 'dropped', 'carried_forward') then 0
            else 1
        end as is_open
    from versions
    left join first_grades
        on versions.key_result_key = first_grades.key_result_key
    left join cycle_ends
        on versions.key_result_key = cycle_ends.key_result_key

),

happenings as (

    {% for moment, step in [('held_from', '1'), ('held_to', '-1')] -%}
    select
        holdings.source_system,
        holdings.source_instance,
        holdings.owner_name,
        holdings.{{ moment }} as happened_at,
        0 as is_question,
        cast(null as date) as as_of_date,
        {{ step }} as held_more
    from holdings
    where holdings.is_open = 1
        and holdings.owner_name is not null
        and holdings.held_from < holdings.held_to

    union all

    {% endfor -%}
    select
        questions.source_system,
        questions.source_instance,
        questions.owner_name,
        questions.seen_until as happened_at,
        1 as is_question,
        questions.as_of_date,
        0 as held_more
    from questions

),

summed as (

    select
        happenings.*,
        sum(happenings.held_more) over (
            partition by happenings.source_system, happenings.source_instance, happenings.owner_name
            order by happenings.happened_at asc, happenings.is_question desc
            range between unbounded preceding and current row
        ) as owner_load
    from happenings

)

select
    summed.source_system,
    summed.source_instance,
    summed.owner_name,
    summed.as_of_date,
    cast(summed.owner_load as integer) as owner_load
from summed
where summed.is_question = 1
