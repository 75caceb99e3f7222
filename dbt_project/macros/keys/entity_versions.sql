{# A backfill without times of record declares that its states were known all along: known_at 1900-01-01. #}
{% macro entity_versions(entity, mapped='mapped') -%}
    {%- set attributes = entity_columns(entity) | map(attribute=0) | list -%}
    {%- set id = entity ~ '_id' -%}
    {%- set key = entity ~ '_key' -%}
    hashed as (

        select
            {{ mapped }}.*,
            {{ entity_key(id) }} as {{ key }},
            {{ mapped }}.dataset || '|' || coalesce({{ mapped }}.snapshot_scope, '') as state_scope,
            {{ surrogate_key(attributes + ['is_deleted', 'event_date', 'recorded_at']) }} as content_hash
        from {{ mapped }}

    ),

    {{ event_runs(key) }},

    {{ state_runs(key) }},

    versions as (

        select
            {% for name in ['source_system', 'source_instance', 'dataset', id, key] -%}
                ranked_events.{{ name }},
            {% endfor -%}
            {% for name in attributes if name != key -%}
                ranked_events.{{ name }},
            {% endfor -%}
            coalesce(ranked_events.event_date, ranked_events.true_from, cast(ranked_events.published_at as date))
                as business_date,
            ranked_events.recorded_at,
            ranked_events.published_at,
            ranked_events.published_at as said_at,
            ranked_events.known_at_basis,
            case
                when ranked_events.run_retract_seq < 999999999999999 then ranked_events.run_retracted_at
            end as known_until,
            ranked_events.publish_seq,
            case
                when ranked_events.run_retract_seq < 999999999999999 then ranked_events.run_retract_seq
            end as retract_seq,
            ranked_events.file_id,
            ranked_events.row_number,
            ranked_events.is_deleted,
            0 as is_of_state,
            1 as is_change,
            ranked_events.count_duplicates
        from ranked_events
        where ranked_events.run_position = 1

        union all

        select
            {% for name in ['source_system', 'source_instance', 'dataset', id, key] -%}
                state_rows.{{ name }},
            {% endfor -%}
            {% for name in attributes if name != key -%}
                state_rows.{{ name }},
            {% endfor -%}
            coalesce(
                state_rows.event_date,
                case
                    when dated_states.is_first = 1 and state_rows.true_from < dated_states.snapshot_date
                        then state_rows.true_from
                end,
                dated_states.snapshot_date
            ) as business_date,
            case when dated_states.content_hash is not null then state_rows.recorded_at end as recorded_at,
            dated_states.published_at,
            dated_states.dated_at as said_at,
            state_rows.known_at_basis,
            dated_states.retracted_at as known_until,
            dated_states.publish_seq,
            dated_states.retract_seq,
            dated_states.file_id,
            case when dated_states.content_hash is not null then state_rows.row_number end as row_number,
            case when dated_states.content_hash is not null then state_rows.is_deleted else 1 end as is_deleted,
            1 as is_of_state,
            dated_states.is_change,
            case when dated_states.content_hash is not null then state_rows.count_duplicates else 0 end
                as count_duplicates
        from dated_states
        inner join state_rows
            on dated_states.{{ key }} = state_rows.{{ key }}
            and dated_states.state_scope = state_rows.state_scope
            and dated_states.content_number = state_rows.state_number
        where (
            coalesce(dated_states.retracted_at, dated_states.dated_at) >= dated_states.dated_at
            or state_rows.known_at_basis = 'recorded'
        )
        and (
            dated_states.is_again = 0
            or (state_rows.event_date is null and state_rows.true_from < dated_states.snapshot_date)
        )

    )
{%- endmacro %}
