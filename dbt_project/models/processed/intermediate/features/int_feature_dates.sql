-- portability: G1-reserved(checkpoint): no reserved word of Oracle; dbt-oracle quotes it, but in column comments only.
{{ config(persist_docs={'relation': true, 'columns': target.type != 'oracle'}) }}

-- A calendar that was unknown on a day is taken as it was first known: dates of a cycle are set before it begins.
with known_calendars as (

    select
        cycles.cycle_key,
        cycles.start_date,
        cycles.end_date,
        cycles.known_to,
        case
            when row_number() over (partition by cycles.cycle_key order by cycles.known_from) = 1
                then {{ beginning_of_time() }}
            else cycles.known_from
        end as known_from
    from {{ ref('int_cycles_settled') }} cycles
    where cycles.start_date is not null
        and cycles.end_date >= cycles.start_date

),

calendars as (

    select
        known_calendars.*,
        {{ date_diff_days('known_calendars.end_date', 'known_calendars.start_date') }} + 1 as count_days
    from known_calendars

),

candidates as (

    {% for share in ['25', '50', '75'] -%}
    select
        calendars.*,
        {{ date_add_days('calendars.start_date', 'cast(ceil(calendars.count_days * 0.' ~ share ~ ') as integer) - 1') }}
            as as_of_date,
        '{{ share }}' as checkpoint,
        2 as priority_rank
    from calendars

    union all

    {% endfor -%}
    select
        calendars.*,
        {{ as_of_date() }} as as_of_date,
        'as_of' as checkpoint,
        1 as priority_rank
    from calendars
    where {{ as_of_date() }} >= calendars.start_date
        and {{ as_of_date() }} <= calendars.end_date

    union all

    -- The last days are left out: what is said at the end is the answer, not a forecast.
    select
        calendars.*,
        {{ date_add_days('dates.date_day', 6) }} as as_of_date,
        'week' as checkpoint,
        3 as priority_rank
    from calendars
    inner join {{ ref('int_dates') }} dates
        on dates.date_day = {{ week_start('dates.date_day') }}
        and {{ date_add_days('dates.date_day', 6) }} >= calendars.start_date
        and {{ date_add_days('dates.date_day', 6) }} < calendars.end_date

),

ranked as (

    select
        candidates.*,
        {{ end_of_day('candidates.as_of_date') }} as seen_until,
        row_number() over (
            partition by candidates.cycle_key, candidates.known_from, candidates.as_of_date
            order by candidates.priority_rank, candidates.checkpoint
        ) as choice
    from candidates
    where candidates.as_of_date <= {{ as_of_date() }}

)

select
    ranked.cycle_key,
    ranked.as_of_date,
    ranked.checkpoint,
    ranked.seen_until,
    ranked.start_date as cycle_start_date,
    ranked.end_date as cycle_end_date,
    {{ elapsed_share('ranked.as_of_date', 'ranked.start_date', 'ranked.end_date') }} as elapsed
from ranked
where ranked.choice = 1
    and ranked.seen_until > ranked.known_from
    and ranked.seen_until <= ranked.known_to
