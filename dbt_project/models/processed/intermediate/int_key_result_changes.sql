{# Append only: consumers remember the highest change_id they have seen. #}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    grants={'+select': [env_var('OKR_PG_LOADER_USER', 'okr_loader')]},
) }}

with key_results as (

    select * from {{ ref('int_key_results_unioned') }}

),

check_ins as (

    select * from {{ ref('int_check_ins_unioned') }}

),

scores as (

    select * from {{ ref('int_scores_unioned') }}

),

-- A check-in that an edit moves to another key result changes both, from the day it was first heard of there.
check_in_links as (

    select
        check_ins.check_in_key,
        check_ins.key_result_key,
        min(check_ins.publish_seq) as first_seq
    from check_ins
    where check_ins.key_result_key is not null
    group by check_ins.check_in_key, check_ins.key_result_key

),

statements as (

    select
        key_results.key_result_key,
        key_results.source_system,
        key_results.source_instance,
        key_results.publish_seq,
        key_results.retract_seq,
        key_results.known_until,
        key_results.is_change,
        key_results.publish_seq as first_seq,
        1 as is_key_result,
        0 as is_check_in,
        0 as is_score
    from key_results

    union all

    select
        check_in_links.key_result_key,
        check_ins.source_system,
        check_ins.source_instance,
        check_ins.publish_seq,
        check_ins.retract_seq,
        check_ins.known_until,
        check_ins.is_change,
        check_in_links.first_seq,
        0 as is_key_result,
        1 as is_check_in,
        0 as is_score
    from check_in_links
    inner join check_ins
        on check_in_links.check_in_key = check_ins.check_in_key

    union all

    select
        scores.key_result_key,
        scores.source_system,
        scores.source_instance,
        scores.publish_seq,
        scores.retract_seq,
        scores.known_until,
        scores.is_change,
        scores.publish_seq as first_seq,
        0 as is_key_result,
        0 as is_check_in,
        1 as is_score
    from scores

),

all_events as (

    select
        statements.key_result_key,
        statements.source_system,
        statements.source_instance,
        statements.publish_seq,
        statements.is_key_result,
        statements.is_check_in,
        statements.is_score,
        0 as is_retraction
    from statements
    where statements.is_change = 1
        and statements.publish_seq >= statements.first_seq

    union all

    select
        statements.key_result_key,
        statements.source_system,
        statements.source_instance,
        statements.retract_seq as publish_seq,
        statements.is_key_result,
        statements.is_check_in,
        statements.is_score,
        1 as is_retraction
    from statements
    where statements.is_change = 1
        and statements.retract_seq >= statements.first_seq

),

changes as (

    select
        all_events.key_result_key,
        all_events.publish_seq,
        min(all_events.source_system) as source_system,
        min(all_events.source_instance) as source_instance,
        max(all_events.is_key_result) as changes_key_result,
        max(all_events.is_check_in) as changes_check_ins,
        max(all_events.is_score) as changes_score,
        max(all_events.is_retraction) as is_retraction
    from all_events
    where all_events.key_result_key is not null
        {% if is_incremental() -%}
        and all_events.publish_seq > (select coalesce(max(told.publish_seq), 0) from {{ this }} told)
        {%- endif %}
    group by all_events.key_result_key, all_events.publish_seq

)

select
    row_number() over (order by changes.publish_seq, changes.key_result_key)
    {%- if is_incremental() %} + (select coalesce(max(told.change_id), 0) from {{ this }} told){% endif %} as change_id,
    changes.key_result_key,
    changes.publish_seq,
    publications.known_at as changed_at,
    changes.source_system,
    changes.source_instance,
    changes.changes_key_result,
    changes.changes_check_ins,
    changes.changes_score,
    changes.is_retraction
from changes
inner join {{ ref('stg_okr_raw__publications') }} publications
    on changes.publish_seq = publications.publish_seq
