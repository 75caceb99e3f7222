{# Of `entity_versions`: states that say something, each with the time since which they are versions. #}
{% macro state_runs(key) -%}
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
            ) as first_number_known,
            min(case when states.present_number is not null then states.published_at end) over (
                partition by states.{{ key }}, states.state_scope
                order by states.state_number
                rows between unbounded preceding and current row
            ) as present_at
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
    -- when an older one comes late. What was known before that stays as it was told: nothing is left out before it was there.
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
            greatest(compared_states.published_at, compared_states.present_at, said.said_at) as said_at
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

    )
{%- endmacro %}
