with key_results as (

    select * from {{ ref('stg_ipfs__key_results') }}

),

fiscal_calendars as (

    select * from {{ ref('fiscal_calendars') }}
    where calendar_name = 'calendar'

),

identified_rows as (

    select
        key_results.*,
        {{ cycle_label_key('key_results.cycle_label') }} as cycle_id,
        {{ surrogate_key([cycle_label_key('key_results.cycle_label'), 'lower(key_results.objective_title)']) }}
            as objective_id,
        {{ surrogate_key([
            cycle_label_key('key_results.cycle_label'),
            'lower(key_results.objective_title)',
            'lower(key_results.key_result_title)',
        ]) }} as key_result_id,
        fiscal_calendars.start_date as cycle_start_date,
        fiscal_calendars.end_date as cycle_end_date
    from key_results
    left join fiscal_calendars
        on {{ cycle_label_key('key_results.cycle_label') }} = fiscal_calendars.cycle_label

)

select * from identified_rows
