-- Rows are only ever added or withdrawn: these few figures change whenever anything a key result stands on does.
with key_results as (

    select * from {{ ref('int_key_results_unioned') }}

),

objectives as (

    select * from {{ ref('int_objectives_unioned') }}

),

cycles as (

    select * from {{ ref('int_cycles_unioned') }}

),

check_ins as (

    select * from {{ ref('int_check_ins_unioned') }}

),

-- A check-in that an edit moves to another key result is an input of both.
check_in_links as (

    select distinct
        check_ins.check_in_key,
        check_ins.key_result_key
    from check_ins
    where check_ins.key_result_key is not null

),

objective_links as (

    select distinct
        key_results.key_result_key,
        key_results.objective_key
    from key_results
    where key_results.objective_key is not null

),

cycle_links as (

    select distinct
        objective_links.key_result_key,
        objectives.cycle_key
    from objective_links
    inner join objectives
        on objective_links.objective_key = objectives.objective_key

),

inputs as (

    select
        key_results.key_result_key,
        key_results.publish_seq,
        key_results.known_until
    from key_results

    union all

    select
        check_in_links.key_result_key,
        check_ins.publish_seq,
        check_ins.known_until
    from check_in_links
    inner join check_ins
        on check_in_links.check_in_key = check_ins.check_in_key

    union all

    select
        scores.key_result_key,
        scores.publish_seq,
        scores.known_until
    from {{ ref('int_scores_unioned') }} scores

    union all

    select
        objective_links.key_result_key,
        objectives.publish_seq,
        objectives.known_until
    from objective_links
    inner join objectives
        on objective_links.objective_key = objectives.objective_key

    union all

    select
        cycle_links.key_result_key,
        cycles.publish_seq,
        cycles.known_until
    from cycle_links
    inner join cycles
        on cycle_links.cycle_key = cycles.cycle_key

)

select
    inputs.key_result_key,
    max(inputs.publish_seq) as publish_seq,
    cast(count(*) as integer) as count_inputs,
    cast(count(inputs.known_until) as integer) as count_withdrawn,
    coalesce(max(inputs.known_until), {{ beginning_of_time() }}) as last_withdrawn_at
from inputs
where inputs.key_result_key is not null
group by inputs.key_result_key
