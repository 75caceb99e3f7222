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

    -- Events: the same content again says nothing new while it is held.
    event_rows as (

        select
            hashed.*,
            max(coalesce(hashed.retract_seq, 999999999999999)) over (
                partition by hashed.{{ key }}, hashed.content_hash
                order by hashed.publish_seq, hashed.row_number
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
                order by event_rows.publish_seq, event_rows.row_number
                rows between unbounded preceding and current row
            ) as run_number
        from event_rows

    ),

    ranked_events as (

        select
            event_runs.*,
            row_number() over (
                partition by event_runs.{{ key }}, event_runs.content_hash, event_runs.run_number
                order by event_runs.publish_seq, event_runs.row_number
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

    ),

    -- States: each publication of a scope is a whole; what it leaves out is gone from its date on.
    scope_publications as (

        select
            publications.*,
            row_number() over (
                partition by publications.source_instance, publications.state_scope
                order by publications.snapshot_date, publications.publish_seq
            ) as state_number,
            max(publications.publish_seq) over (
                partition by publications.source_instance, publications.state_scope
                order by publications.snapshot_date, publications.publish_seq
                rows between unbounded preceding and 1 preceding
            ) as newest_seq_before
        from (
            select distinct
                hashed.source_instance,
                hashed.state_scope,
                hashed.publish_seq,
                hashed.snapshot_date,
                hashed.file_id,
                hashed.published_at,
                hashed.retract_seq,
                hashed.retracted_at
            from hashed
            where hashed.dataset_kind = 'snapshot'
        ) publications

    ),

    state_rows as (

        select
            ranked.*,
            scope_publications.state_number
        from (
            select
                hashed.*,
                row_number() over (
                    partition by hashed.{{ key }}, hashed.state_scope, hashed.publish_seq
                    order by hashed.row_number desc
                ) as file_position,
                count(*) over (
                    partition by hashed.{{ key }}, hashed.state_scope, hashed.publish_seq
                ) - 1 as count_duplicates
            from hashed
            where hashed.dataset_kind = 'snapshot'
                and hashed.{{ key }} is not null
        ) ranked
        inner join scope_publications
            on ranked.source_instance = scope_publications.source_instance
            and ranked.state_scope = scope_publications.state_scope
            and ranked.publish_seq = scope_publications.publish_seq
        where ranked.file_position = 1

    ),

    first_states as (

        select
            state_rows.{{ key }},
            state_rows.source_instance,
            state_rows.state_scope,
            min(state_rows.state_number) as first_state_number
        from state_rows
        group by state_rows.{{ key }}, state_rows.source_instance, state_rows.state_scope

    ),

    states as (

        select
            first_states.{{ key }},
            first_states.first_state_number,
            scope_publications.*,
            state_rows.content_hash,
            coalesce(state_rows.content_hash, 'left out') as state_hash,
            case when state_rows.content_hash is not null then scope_publications.state_number end as present_number
        from first_states
        inner join scope_publications
            on first_states.source_instance = scope_publications.source_instance
            and first_states.state_scope = scope_publications.state_scope
            and first_states.first_state_number <= scope_publications.state_number
        left join state_rows
            on first_states.{{ key }} = state_rows.{{ key }}
            and first_states.state_scope = state_rows.state_scope
            and scope_publications.state_number = state_rows.state_number

    ),

    compared_states as (

        select
            states.*,
            max(states.present_number) over (
                partition by states.{{ key }}, states.state_scope
                order by states.state_number
                rows between unbounded preceding and current row
            ) as content_number,
            lag(states.state_hash) over (
                partition by states.{{ key }}, states.state_scope order by states.state_number
            ) as hash_before,
            lag(states.publish_seq) over (
                partition by states.{{ key }}, states.state_scope order by states.state_number
            ) as seq_before,
            lag(states.retract_seq) over (
                partition by states.{{ key }}, states.state_scope order by states.state_number
            ) as retract_seq_before,
            lag(states.state_hash) over (
                partition by states.{{ key }}, states.state_scope order by states.publish_seq
            ) as hash_known_before,
            min(states.present_number) over (
                partition by states.{{ key }}, states.state_scope
                order by states.publish_seq
                rows between unbounded preceding and current row
            ) as first_number_known
        from states

    ),

    -- A state is left unsaid only where nothing that comes later, late or back-dated, can make it matter.
    said_states as (

        select
            compared_states.*,
            case
                when compared_states.state_hash <> coalesce(compared_states.hash_known_before, 'left out') then 1
                else 0
            end as is_change
        from compared_states
        where compared_states.hash_before is null
            or compared_states.state_hash <> compared_states.hash_before
            or compared_states.state_hash <> coalesce(compared_states.hash_known_before, 'left out')
            or compared_states.seq_before > compared_states.publish_seq
            or compared_states.retract_seq_before is not null

    ),

    dated_states as (

        select
            said_states.*,
            case
                when said_states.present_number = said_states.first_number_known then 1
                else 0
            end as is_first
        from said_states

        union all

        -- An older state that arrives late must not cover the newer one that was the first we knew.
        select
            said_states.*,
            0 as is_first
        from said_states
        where said_states.present_number = said_states.first_number_known
            and said_states.newest_seq_before > said_states.publish_seq

    ),

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

    )
{%- endmacro %}
