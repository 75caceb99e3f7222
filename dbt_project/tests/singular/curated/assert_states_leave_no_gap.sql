-- Since a key result is known, it has a state on every day from its first one on: at each instant at which anything
-- changed, the lengths of its spans of days add up to the whole. (That they do not overlap is another test.)
with states as (

    select states.*
    from {{ ref('fct_key_result_states') }} states
    where states.key_result_key not in (
            select key_results.key_result_key
            from {{ ref('int_key_results_ordered') }} key_results
            where key_results.is_deleted = 1
                or key_results.known_to < {{ end_of_time() }}
        )

),

instants as (

    select distinct
        states.key_result_key,
        states.known_from
    from states

),

slices as (

    select
        instants.key_result_key,
        instants.known_from,
        sum({{ date_diff_days('states.valid_to', 'states.valid_from') }}) as count_days,
        min(states.valid_from) as first_day,
        max(states.valid_to) as last_day
    from instants
    inner join states
        on instants.key_result_key = states.key_result_key
        and instants.known_from >= states.known_from
        and instants.known_from < states.known_to
    group by instants.key_result_key, instants.known_from

)

select *
from slices
where slices.last_day <> {{ end_of_days() }}
    or slices.count_days <> {{ date_diff_days('slices.last_day', 'slices.first_day') }}
