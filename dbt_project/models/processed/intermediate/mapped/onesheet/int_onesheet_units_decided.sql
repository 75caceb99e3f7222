with key_results as (

    select * from {{ ref('stg_onesheet__key_results') }}

),

check_ins as (

    select * from {{ ref('stg_onesheet__check_ins') }}

),

numbers as (

    select
        key_results.file_id,
        'progress' as column_name,
        key_results.progress_number as shown_number,
        case when {{ matches('key_results.progress_raw', '%') }} then 1 else 0 end as has_sign
    from key_results

    union all

    select
        key_results.file_id,
        'confidence' as column_name,
        key_results.confidence_number as shown_number,
        case when {{ matches('key_results.confidence_raw', '%') }} then 1 else 0 end as has_sign
    from key_results

    union all

    select
        check_ins.file_id,
        'confidence' as column_name,
        check_ins.confidence_number as shown_number,
        case when {{ matches('check_ins.confidence_raw', '%') }} then 1 else 0 end as has_sign
    from check_ins

),

evidence as (

    select
        numbers.file_id,
        numbers.column_name,
        max(numbers.has_sign) as has_signs,
        max(case when numbers.has_sign = 0 then numbers.shown_number end) as largest_plain,
        max(
            case when numbers.has_sign = 0 and numbers.shown_number <> floor(numbers.shown_number) then 1 else 0 end
        ) as has_parts
    from numbers
    where numbers.shown_number is not null
    group by numbers.file_id, numbers.column_name

),

-- One unit for the whole column of a file. 0 and 1 alone tell nothing: then it stays undecided.
decided as (

    select
        evidence.file_id,
        evidence.column_name,
        case
            when evidence.has_signs = 1 and evidence.has_parts = 1 and evidence.largest_plain <= 1 then 'mixed'
            when evidence.has_signs = 1 then 'percent'
            when evidence.column_name = 'confidence' and evidence.largest_plain > 10 then 'percent'
            when evidence.column_name = 'confidence' and evidence.largest_plain > 1 then 'tenths'
            when evidence.largest_plain > 2 then 'percent'
            when evidence.has_parts = 1 then 'fraction'
            else 'undecided'
        end as unit
    from evidence

)

select * from decided
