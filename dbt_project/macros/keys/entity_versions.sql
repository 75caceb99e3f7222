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

    ),

    -- States: each publication of a scope is a whole; what it leaves out is gone from its date on.
    scope_publications as (

        select
            publications.*,
            row_number() over (
                partition by publications.source_instance, publications.state_scope
                order by publications.snapshot_date, publications.publish_seq
            ) as state_number
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

    -- What stood just before a publication on the calendar when it came ...
    first_predecessors as (

        select
            later.source_instance,
            later.state_scope,
            later.state_number,
            max(case when earlier.publish_seq < later.publish_seq then earlier.state_number end)
                as predecessor_number,
            min(case when earlier.publish_seq > later.publish_seq then earlier.published_at end) as first_late_at
        from scope_publications later
        left join scope_publications earlier
            on later.source_instance = earlier.source_instance
            and later.state_scope = earlier.state_scope
            and later.state_number > earlier.state_number
        group by later.source_instance, later.state_scope, later.state_number

    ),

    late_publications as (

        select
            later.source_instance,
            later.state_scope,
            later.state_number,
            earlier.state_number as predecessor_number,
            coalesce(
                max(earlier.state_number) over (
                    partition by later.source_instance, later.state_scope, later.state_number
                    order by earlier.publish_seq
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as nearest_number_before
        from scope_publications later
        inner join scope_publications earlier
            on later.source_instance = earlier.source_instance
            and later.state_scope = earlier.state_scope
            and later.state_number > earlier.state_number
            and later.publish_seq < earlier.publish_seq

    ),

    -- ... and what came between the two since.
    predecessors as (

        select
            first_predecessors.source_instance,
            first_predecessors.state_scope,
            first_predecessors.state_number,
            first_predecessors.predecessor_number
        from first_predecessors

        union all

        select
            late_publications.source_instance,
            late_publications.state_scope,
            late_publications.state_number,
            late_publications.predecessor_number
        from late_publications
        inner join first_predecessors
            on late_publications.source_instance = first_predecessors.source_instance
            and late_publications.state_scope = first_predecessors.state_scope
            and late_publications.state_number = first_predecessors.state_number
        where late_publications.predecessor_number > late_publications.nearest_number_before
            and late_publications.predecessor_number > coalesce(first_predecessors.predecessor_number, 0)

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

    known_states as (

        select
            states.*,
            max(states.present_number) over (
                partition by states.{{ key }}, states.state_scope
                order by states.state_number
                rows between unbounded preceding and current row
            ) as content_number,
            min(states.present_number) over (
                partition by states.{{ key }}, states.state_scope
                order by states.publish_seq
                rows between unbounded preceding and current row
            ) as first_number_known
        from states

    ),

    -- What left it out of a time before its first known state told nothing when it came.
    compared_states as (

        select
            known_states.*,
            coalesce(
                lag(known_states.state_hash) over (
                    partition by
                        known_states.{{ key }}, known_states.state_scope,
                        case when known_states.first_number_known <= known_states.state_number then 1 else 0 end
                    order by known_states.publish_seq
                ),
                'left out'
            ) as hash_known_before
        from known_states

    ),

    -- A state is said as soon as it is not what stands just before it, or that was taken back: most when they come, some
    -- when an older one comes late. What was known before that stays as it was told.
    compared_pairs as (

        select
            compared_states.{{ key }},
            compared_states.state_scope,
            compared_states.state_number,
            case
                when compared_states.state_hash <> compared_states.hash_known_before
                    then compared_states.published_at
                when compared_states.state_hash <> coalesce(predecessor_rows.content_hash, 'left out')
                    then coalesce(predecessor_publications.published_at, compared_states.published_at)
                else predecessor_publications.retracted_at
            end as said_at
        from compared_states
        inner join predecessors
            on compared_states.source_instance = predecessors.source_instance
            and compared_states.state_scope = predecessors.state_scope
            and compared_states.state_number = predecessors.state_number
        left join scope_publications predecessor_publications
            on predecessors.source_instance = predecessor_publications.source_instance
            and predecessors.state_scope = predecessor_publications.state_scope
            and predecessors.predecessor_number = predecessor_publications.state_number
        left join state_rows predecessor_rows
            on compared_states.{{ key }} = predecessor_rows.{{ key }}
            and compared_states.state_scope = predecessor_rows.state_scope
            and predecessors.predecessor_number = predecessor_rows.state_number

    ),

    said_states as (

        select
            compared_states.*,
            case when compared_states.state_hash <> compared_states.hash_known_before then 1 else 0 end as is_change,
            greatest(compared_states.published_at, said.said_at) as said_at
        from compared_states
        inner join (
            select
                compared_pairs.{{ key }},
                compared_pairs.state_scope,
                compared_pairs.state_number,
                min(compared_pairs.said_at) as said_at
            from compared_pairs
            where compared_pairs.said_at is not null
            group by compared_pairs.{{ key }}, compared_pairs.state_scope, compared_pairs.state_number
        ) said
            on compared_states.{{ key }} = said.{{ key }}
            and compared_states.state_scope = said.state_scope
            and compared_states.state_number = said.state_number

    ),

    dated_states as (

        select
            said_states.*,
            case
                when said_states.present_number = said_states.first_number_known then 1
                else 0
            end as is_first,
            0 as is_again,
            said_states.said_at as dated_at
        from said_states

        union all

        -- An older state that arrives late must not cover the newer one that was the first we knew.
        select
            said_states.*,
            0 as is_first,
            1 as is_again,
            first_predecessors.first_late_at as dated_at
        from said_states
        inner join first_predecessors
            on said_states.source_instance = first_predecessors.source_instance
            and said_states.state_scope = first_predecessors.state_scope
            and said_states.state_number = first_predecessors.state_number
        where said_states.present_number = said_states.first_number_known
            and first_predecessors.first_late_at is not null

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
