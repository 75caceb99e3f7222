-- A calendar has no business date of its own: it holds for all days, as last known.
with cycles as (

    select
        cycles.*,
        coalesce(cycles.known_until, {{ end_of_time() }}) as held_until
    from {{ ref('int_cycles_unioned') }} cycles

),

moments as (

    select
        cycles.cycle_key,
        cycles.known_at as known_from
    from cycles

    union

    select
        cycles.cycle_key,
        cycles.known_until as known_from
    from cycles
    where cycles.known_until is not null

    union

    select
        cycles.cycle_key,
        {{ beginning_of_time() }} as known_from
    from cycles

),

spans as (

    select
        moments.cycle_key,
        moments.known_from,
        coalesce(
            lead(moments.known_from) over (partition by moments.cycle_key order by moments.known_from),
            {{ end_of_time() }}
        ) as known_to
    from moments

),

ranked as (

    select
        spans.cycle_key,
        spans.known_from,
        spans.known_to,
        cycles.cycle_name,
        cycles.start_date,
        cycles.end_date,
        cycles.is_deleted,
        row_number() over (
            partition by spans.cycle_key, spans.known_from order by {{ ruling_order('cycles', 'desc') }}
        ) as version_rank
    from spans
    left join cycles
        on spans.cycle_key = cycles.cycle_key
        and spans.known_from >= cycles.known_at
        and spans.known_from < cycles.held_until

)

select
    ranked.cycle_key,
    ranked.known_from,
    ranked.known_to,
    case when ranked.is_deleted = 0 then ranked.cycle_name end as cycle_name,
    case when ranked.is_deleted = 0 then ranked.start_date end as start_date,
    case when ranked.is_deleted = 0 then ranked.end_date end as end_date
from ranked
where ranked.version_rank = 1
