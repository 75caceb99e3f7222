with check_ins as (

    select * from {{ ref('stg_onesheet__check_ins') }}

),

key_results as (

    select * from {{ ref('int_onesheet_key_results_identified') }}

),

units as (

    select * from {{ ref('int_onesheet_units_decided') }}
    where column_name = 'confidence'

),

confidence_levels as (

    select * from {{ ref('confidence_levels') }}
    where vocabulary = 'onesheet'

),

titles as (

    select distinct
        key_results.source_instance,
        lower(key_results.objective_title) as objective_words,
        lower(key_results.key_result_title) as key_result_words,
        key_results.key_result_id,
        key_results.cycle_start_date,
        key_results.cycle_end_date
    from key_results

),

-- A check-in names no quarter: it belongs to the key result of these words whose cycle holds its date.
candidates as (

    select
        check_ins.file_id,
        check_ins.row_number,
        check_ins.publish_seq,
        min(titles.key_result_id) as key_result_id,
        count(distinct titles.key_result_id) as count_key_results
    from check_ins
    inner join titles
        on check_ins.source_instance = titles.source_instance
        and lower(check_ins.objective_title) = titles.objective_words
        and lower(check_ins.key_result_title) = titles.key_result_words
        and check_ins.check_in_date >= coalesce(titles.cycle_start_date, check_ins.check_in_date)
        and check_ins.check_in_date <= coalesce(titles.cycle_end_date, check_ins.check_in_date)
    group by check_ins.file_id, check_ins.row_number, check_ins.publish_seq

),

identified_rows as (

    select
        check_ins.*,
        case
            when candidates.count_key_results = 1 then candidates.key_result_id
            else {{ onesheet_key_result_id('check_ins', 'null') }}
        end as key_result_id,
        {{ onesheet_confidence('check_ins', 'units') }} as confidence
    from check_ins
    left join candidates
        on check_ins.file_id = candidates.file_id
        and check_ins.row_number = candidates.row_number
        and check_ins.publish_seq = candidates.publish_seq
    left join units
        on check_ins.file_id = units.file_id
    left join confidence_levels
        on check_ins.confidence_raw = confidence_levels.confidence_raw

)

select
    identified_rows.*,
    {{ surrogate_key([
        'identified_rows.key_result_id',
        'identified_rows.check_in_date',
        'identified_rows.check_in_value',
        'identified_rows.author_name',
    ]) }} as check_in_id
from identified_rows
