{# Of `entity_versions`: rows of events, numbered within each run in which the same content was held. #}
{% macro event_runs(key) -%}
    -- Events: the same content again says nothing new while it is held.
    event_rows as (

        select
            hashed.*,
            max(coalesce(hashed.retract_seq, 999999999999999)) over (
                partition by hashed.{{ key }}, hashed.content_hash
                order by hashed.publish_seq, hashed.row_number, hashed.file_id
                rows between unbounded preceding and 1 preceding
            ) as held_until_seq
        from hashed
        where hashed.dataset_kind <> 'snapshot'
            and hashed.{{ key }} is not null

    ),

    event_runs as (

        select
            event_rows.*,
            sum(case when event_rows.held_until_seq >= event_rows.publish_seq then 0 else 1 end) over (
                partition by event_rows.{{ key }}, event_rows.content_hash
                order by event_rows.publish_seq, event_rows.row_number, event_rows.file_id
                rows between unbounded preceding and current row
            ) as run_number
        from event_rows

    ),

    ranked_events as (

        select
            event_runs.*,
            row_number() over (
                partition by event_runs.{{ key }}, event_runs.content_hash, event_runs.run_number
                order by event_runs.publish_seq, event_runs.row_number, event_runs.file_id
            ) as run_position,
            count(*) over (
                partition by event_runs.{{ key }}, event_runs.content_hash, event_runs.run_number
            ) - 1 as count_duplicates,
            max(coalesce(event_runs.retract_seq, 999999999999999)) over (
                partition by event_runs.{{ key }}, event_runs.content_hash, event_runs.run_number
            ) as run_retract_seq,
            max(coalesce(event_runs.retracted_at, timestamp '9999-12-31 00:00:00')) over (
                partition by event_runs.{{ key }}, event_runs.content_hash, event_runs.run_number
            ) as run_retracted_at
        from event_runs

    )
{%- endmacro %}
