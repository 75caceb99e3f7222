with key_results as (

    select * from {{ ref('stg_onesheet__key_results') }}

),

units as (

    select * from {{ ref('int_onesheet_units_decided') }}

),

fiscal_calendars as (

    select * from {{ ref('fiscal_calendars') }}
    where calendar_name = 'calendar'

),

confidence_levels as (

    select * from {{ ref('confidence_levels') }}
    where vocabulary = 'onesheet'

),

identified_rows as (

    select
        key_results.*,
        {{ cycle_label_key('key_results.cycle_label') }} as cycle_id,
        {{ surrogate_key([cycle_label_key('key_results.cycle_label'), 'lower(key_results.objective_title)']) }}
            as objective_id,
        case
            when key_results.key_result_number is not null
                then coalesce({{ cycle_label_key('key_results.cycle_label') }}, '')
                    || '|'
                    || key_results.key_result_number
            when key_results.key_result_title is not null
                then {{ onesheet_key_result_id('key_results', cycle_label_key('key_results.cycle_label')) }}
        end as key_result_id,
        fiscal_calendars.start_date as cycle_start_date,
        fiscal_calendars.end_date as cycle_end_date,
        {{ share_of('key_results.progress_number', 'key_results.progress_raw', 'progress_units.unit') }}
            as progress_share,
        {{ onesheet_confidence('key_results', 'confidence_units') }} as confidence
    from key_results
    left join fiscal_calendars
        on {{ cycle_label_key('key_results.cycle_label') }} = fiscal_calendars.cycle_label
    left join units progress_units
        on key_results.file_id = progress_units.file_id
        and key_results.publish_seq = progress_units.publish_seq
        and progress_units.column_name = 'progress'
    left join units confidence_units
        on key_results.file_id = confidence_units.file_id
        and key_results.publish_seq = confidence_units.publish_seq
        and confidence_units.column_name = 'confidence'
    left join confidence_levels
        on key_results.confidence_raw = confidence_levels.confidence_raw

)

select
    identified_rows.*,
    coalesce(identified_rows.progress_percent / 100, identified_rows.progress_share) as reported_progress
from identified_rows
