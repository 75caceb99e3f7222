with states as (

    select states.*
    from {{ ref('fct_key_result_states') }} states
    where states.is_known_now = 1

),

windows as (

    select
        states.key_result_key,
        max(states.cycle_start_date) as cycle_start_date,
        max(states.cycle_end_date) as cycle_end_date,
        min(states.valid_from) as first_date,
        max(states.check_in_date) as last_check_in_date,
        min(
            case when states.lifecycle in ('closed', 'dropped', 'carried_forward') then states.valid_from end
        ) as closed_date
    from states
    group by states.key_result_key

),

-- Without a calendar a key result is open as long as someone checks in.
openings as (

    select
        windows.key_result_key,
        greatest(windows.first_date, coalesce(windows.cycle_start_date, windows.first_date)) as open_from,
        least(
            coalesce(windows.cycle_end_date, windows.last_check_in_date, windows.first_date),
            coalesce({{ date_add_days('windows.closed_date', -1) }}, {{ end_of_days() }}),
            {{ as_of_date() }}
        ) as open_to
    from windows

),

weeks as (

    select
        openings.key_result_key,
        dates.date_day as week_start_date,
        {{ date_add_days('dates.date_day', 6) }} as week_end_date,
        least({{ date_add_days('dates.date_day', 6) }}, openings.open_to) as measured_on,
        row_number() over (partition by openings.key_result_key order by dates.date_day) as week_number
    from openings
    inner join {{ ref('dim_dates') }} dates
        on dates.is_monday = 1
        and dates.date_day >= {{ week_start('openings.open_from') }}
        and openings.open_to >= dates.date_day

),

check_in_weeks as (

    select
        check_ins.key_result_key,
        check_ins.week_start_date,
        count(*) as count_check_ins
    from {{ ref('fct_check_ins') }} check_ins
    where check_ins.is_current = 1
    group by check_ins.key_result_key, check_ins.week_start_date

),

record_weeks as (

    select
        check_ins.key_result_key,
        {{ week_start(as_date('coalesce(check_ins.recorded_at, check_ins.known_at)')) }} as week_start_date,
        count(*) as count_records
    from {{ ref('fct_check_ins') }} check_ins
    where check_ins.is_current = 1
    group by
        check_ins.key_result_key,
        {{ week_start(as_date('coalesce(check_ins.recorded_at, check_ins.known_at)')) }}

),

measured as (

    select
        weeks.*,
        states.objective_key,
        states.cycle_key,
        states.team_key,
        states.key_result_kind,
        states.commitment,
        states.start_value,
        states.target_value,
        states.latest_value,
        states.progress_raw,
        states.progress,
        states.is_holding,
        states.confidence,
        states.status_severity,
        states.status_meaning,
        states.check_in_date,
        states.state_key,
        coalesce(check_in_weeks.count_check_ins, 0) as count_check_ins,
        coalesce(record_weeks.count_records, 0) as count_records,
        {{ elapsed_share('weeks.measured_on', 'states.cycle_start_date', 'states.cycle_end_date') }} as elapsed
    from weeks
    inner join states
        on weeks.key_result_key = states.key_result_key
        and weeks.measured_on >= states.valid_from
        and weeks.measured_on < states.valid_to
    left join check_in_weeks
        on weeks.key_result_key = check_in_weeks.key_result_key
        and weeks.week_start_date = check_in_weeks.week_start_date
    left join record_weeks
        on weeks.key_result_key = record_weeks.key_result_key
        and weeks.week_start_date = record_weeks.week_start_date

),

expected as (

    select
        measured.*,
        {{ expected_progress('measured.key_result_kind', 'measured.commitment', 'measured.elapsed',
            'measured.start_value', 'measured.target_value') }} as expected_progress,
        {{ date_diff_days('measured.measured_on', 'measured.check_in_date') }} as count_days_since
    from measured

)

select
    expected.key_result_key,
    expected.week_start_date,
    expected.week_end_date,
    expected.measured_on,
    cast(expected.week_number as integer) as week_number,
    expected.objective_key,
    expected.cycle_key,
    expected.team_key,
    expected.latest_value,
    expected.target_value,
    expected.progress_raw,
    expected.progress,
    expected.is_holding,
    case when expected.progress is not null then 1 else 0 end as has_progress,
    {{ as_share('expected.progress - lag(expected.progress) over (partition by expected.key_result_key'
        ~ ' order by expected.week_start_date)') }} as progress_change,
    expected.elapsed,
    expected.expected_progress,
    {{ pace_gap('expected.expected_progress', 'expected.progress') }} as pace_gap,
    {{ pace_ratio('expected.expected_progress', 'expected.progress', 'expected.elapsed') }} as pace_ratio,
    {{ pace_zone('expected.expected_progress', 'expected.progress', 'expected.elapsed') }} as pace_zone,
    expected.confidence,
    expected.status_severity,
    coalesce(expected.status_meaning, 'no data') as status_meaning,
    cast(expected.count_check_ins as integer) as count_check_ins,
    case when expected.count_check_ins > 0 then 1 else 0 end as has_check_in,
    case when expected.count_records > 0 then 1 else 0 end as has_check_in_recorded,
    cast(expected.count_days_since as integer) as count_days_since_check_in,
    -- One and a half times the weekly cadence.
    case
        when expected.count_days_since > 10 then 1
        when expected.count_days_since is null and expected.week_number > 1 then 1
        else 0
    end as is_stale,
    expected.state_key
from expected
