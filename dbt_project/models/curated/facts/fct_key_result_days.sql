with states as (

    select states.*
    from {{ ref('fct_key_result_states') }} states
    where states.is_known_now = 1

),

dates as (

    select dates.date_day
    from {{ ref('dim_dates') }} dates
    where dates.date_day <= {{ as_of_date() }}

)

select
    states.key_result_key,
    dates.date_day,
    states.objective_key,
    states.cycle_key,
    states.lifecycle,
    states.latest_value,
    states.target_value,
    states.progress_raw,
    states.progress,
    states.is_holding,
    states.confidence,
    states.status_severity,
    states.status_meaning,
    states.check_in_date,
    {{ elapsed_share('dates.date_day', 'states.cycle_start_date', 'states.cycle_end_date') }} as elapsed,
    states.state_key
from states
inner join dates
    on states.valid_from <= dates.date_day
    and states.valid_to > dates.date_day
where dates.date_day >= coalesce(states.cycle_start_date, states.valid_from)
    and dates.date_day <= coalesce(states.cycle_end_date, dates.date_day)
