-- noqa: disable=LT02
-- (sqlfluff indents columns that a loop writes by the loop, not by the query)
-- What was attained in cycles over and graded by then, as running sums over grades and questions in time order.
with questions as (

    select distinct
        grid.source_system,
        grid.source_instance,
        grid.team_key,
        grid.as_of_date,
        grid.seen_until
    from {{ ref('int_feature_grid') }} grid

),

scores as (

    select scores.*
    from {{ ref('int_scores_ordered') }} scores
    where scores.known_to = {{ end_of_time() }}

),

placements as (

    select
        grid.key_result_key,
        grid.source_system,
        grid.source_instance,
        grid.team_key,
        grid.cycle_end_date,
        grid.commitment,
        row_number() over (partition by grid.key_result_key order by grid.as_of_date desc) as placement_rank
    from {{ ref('int_feature_grid') }} grid

),

judged as (

    select
        placements.source_system,
        placements.source_instance,
        placements.team_key,
        scores.key_result_key,
        scores.score_number,
        greatest(
            scores.recorded_at,
            {{ as_timestamp('scores.graded_date') }},
            {{ end_of_day('placements.cycle_end_date') }}
        ) as told_at,
        case when scores.is_deleted = 0
            then {{ attained('scores.score', 'scores.outcome', 'placements.commitment') }}
        end as attained
    from scores
    inner join placements
        on scores.key_result_key = placements.key_result_key
        and placements.placement_rank = 1

),

-- A corrected grade takes the earlier one's place from the moment it was recorded.
corrected as (

    select
        judged.*,
        lag(judged.attained) over (
            partition by judged.key_result_key order by judged.told_at, judged.score_number
        ) as attained_before
    from judged

),

happenings as (

    select
        corrected.source_system,
        corrected.source_instance,
        corrected.team_key,
        corrected.told_at as happened_at,
        0 as is_question,
        cast(null as date) as as_of_date,
        coalesce(corrected.attained, 0) - coalesce(corrected.attained_before, 0) as attained_more,
        case when corrected.attained is not null then 1 else 0 end
        - case when corrected.attained_before is not null then 1 else 0 end as labels_more
    from corrected

    union all

    select
        questions.source_system,
        questions.source_instance,
        questions.team_key,
        questions.seen_until as happened_at,
        1 as is_question,
        questions.as_of_date,
        0 as attained_more,
        0 as labels_more
    from questions

),

-- A question comes before a grade told at the very same instant: strictly earlier grades only.
summed as (

    select
        happenings.*,
        {% for group, keys in [('team', ', happenings.team_key'), ('all', '')] -%}
        {% for measure in ['attained', 'labels'] -%}
        sum(happenings.{{ measure }}_more) over (
            partition by happenings.source_system, happenings.source_instance{{ keys }}
            order by happenings.happened_at asc, happenings.is_question desc
            range between unbounded preceding and current row
        ) as {{ group }}_{{ measure }}{{ ',' if not (loop.last and group == 'all') }}
        {% endfor -%}
        {% endfor %}
    from happenings

)

select
    summed.source_system,
    summed.source_instance,
    summed.team_key,
    summed.as_of_date,
    cast(summed.team_labels as integer) as team_labels_prior,
    -- Shrunk as if each team had five more grades at the organisation's mean of that day.
    {{ as_share('(summed.team_attained + 5.0 * summed.all_attained / nullif(summed.all_labels, 0))'
        ~ ' / (summed.team_labels + 5)') }} as team_attainment_prior
from summed
where summed.is_question = 1
