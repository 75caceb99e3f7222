{# Incremental by whole key results: those whose inputs are no longer the ones their rows were made from. #}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='key_result_key',
    on_schema_change='append_new_columns', post_hook='{{ delete_outlived_rows() }}') }}

-- noqa: disable=LT02
-- (sqlfluff indents columns that a loop writes by the loop, not by the query)
with inputs as (

    select inputs.*
    from {{ ref('int_key_result_inputs') }} inputs
    {% if is_incremental() %}
    where inputs.key_result_key in ({{ touched_key_results(this) }})
    {% endif %}

),

facts as (

    select
        key_results.key_result_key,
        key_results.business_date as valid_from,
        key_results.known_from,
        key_results.known_to,
        key_results.version_number,
        0 as check_in_number,
        0 as value_number,
        0 as status_number,
        0 as confidence_number,
        0 as score_number
    from {{ ref('int_key_results_ordered') }} key_results

    union all

    select
        check_ins.key_result_key,
        check_ins.check_in_date as valid_from,
        check_ins.known_from,
        check_ins.known_to,
        0 as version_number,
        check_ins.check_in_number,
        case
            when coalesce(check_ins.check_in_value, check_ins.reported_progress) is not null
                then check_ins.check_in_number
            else 0
        end as value_number,
        case when check_ins.status_raw is not null then check_ins.check_in_number else 0 end as status_number,
        case when check_ins.confidence is not null then check_ins.check_in_number else 0 end as confidence_number,
        0 as score_number
    from {{ ref('int_check_ins_settled') }} check_ins

    union all

    select
        scores.key_result_key,
        scores.graded_date as valid_from,
        scores.known_from,
        scores.known_to,
        0 as version_number,
        0 as check_in_number,
        0 as value_number,
        0 as status_number,
        0 as confidence_number,
        scores.score_number
    from {{ ref('int_scores_ordered') }} scores

),

touched_facts as (

    select facts.*
    from facts
    inner join inputs
        on facts.key_result_key = inputs.key_result_key

),

moments as (

    select
        touched_facts.key_result_key,
        touched_facts.known_from
    from touched_facts

    union

    select
        touched_facts.key_result_key,
        touched_facts.known_to as known_from
    from touched_facts
    where touched_facts.known_to < {{ end_of_time() }}

),

slices as (

    select
        moments.key_result_key,
        moments.known_from,
        coalesce(
            lead(moments.known_from) over (partition by moments.key_result_key order by moments.known_from),
            {{ end_of_time() }}
        ) as known_to,
        row_number() over (partition by moments.key_result_key order by moments.known_from) as slice_number
    from moments

),

-- The days on which something changed, as each slice of knowledge sees them.
points as (

    select
        slices.key_result_key,
        slices.slice_number,
        slices.known_from,
        slices.known_to,
        touched_facts.valid_from,
        max(touched_facts.version_number) as version_number,
        max(touched_facts.check_in_number) as check_in_number,
        max(touched_facts.value_number) as value_number,
        max(touched_facts.status_number) as status_number,
        max(touched_facts.confidence_number) as confidence_number,
        max(touched_facts.score_number) as score_number
    from slices
    inner join touched_facts
        on slices.key_result_key = touched_facts.key_result_key
        and slices.known_from >= touched_facts.known_from
        and slices.known_from < touched_facts.known_to
    group by
        slices.key_result_key,
        slices.slice_number,
        slices.known_from,
        slices.known_to,
        touched_facts.valid_from

),

-- Numbers follow the ruling order, so the highest one up to a day is the one in force.
filled as (

    select
        points.key_result_key,
        points.slice_number,
        points.known_from,
        points.known_to,
        points.valid_from,
        coalesce(
            lead(points.valid_from) over (
                partition by points.key_result_key, points.slice_number order by points.valid_from
            ),
            {{ end_of_days() }}
        ) as valid_to,
        {% for name in ['version', 'check_in', 'value', 'status', 'confidence', 'score'] -%}
        max(points.{{ name }}_number) over (
            partition by points.key_result_key, points.slice_number
            order by points.valid_from
            rows between unbounded preceding and current row
        ) as {{ name }}_number{{ ',' if not loop.last }}
        {% endfor %}
    from points

),

-- Slices that say the same about the same days are one rectangle.
islands as (

    select
        filled.*,
        filled.slice_number - row_number() over (
            partition by
                filled.key_result_key, filled.valid_from, filled.valid_to, filled.version_number,
                filled.check_in_number, filled.value_number, filled.status_number, filled.confidence_number,
                filled.score_number
            order by filled.slice_number
        ) as island_number
    from filled
    where filled.version_number > 0

),

rectangles as (

    select
        islands.key_result_key,
        islands.valid_from,
        islands.valid_to,
        min(islands.known_from) as known_from,
        max(islands.known_to) as known_to,
        islands.version_number,
        islands.check_in_number,
        islands.value_number,
        islands.status_number,
        islands.confidence_number,
        islands.score_number
    from islands
    group by
        islands.key_result_key,
        islands.valid_from,
        islands.valid_to,
        islands.version_number,
        islands.check_in_number,
        islands.value_number,
        islands.status_number,
        islands.confidence_number,
        islands.score_number,
        islands.island_number

)

select
    rectangles.*,
    inputs.publish_seq,
    inputs.count_inputs,
    inputs.count_withdrawn,
    inputs.last_withdrawn_at
from rectangles
inner join inputs
    on rectangles.key_result_key = inputs.key_result_key
