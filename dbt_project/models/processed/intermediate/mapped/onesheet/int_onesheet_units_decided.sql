with key_results as (

    select * from {{ ref('stg_onesheet__key_results') }}

),

check_ins as (

    select * from {{ ref('stg_onesheet__check_ins') }}

),

numbers as (

    select
        key_results.file_id,
        key_results.publish_seq,
        'progress' as column_name,
        key_results.progress_number as shown_number,
        case when {{ matches('key_results.progress_raw', '%') }} then 1 else 0 end as has_sign
    from key_results

    union all

    select
        key_results.file_id,
        key_results.publish_seq,
        'confidence' as column_name,
        key_results.confidence_number as shown_number,
        case when {{ matches('key_results.confidence_raw', '%') }} then 1 else 0 end as has_sign
    from key_results

    union all

    select
        check_ins.file_id,
        check_ins.publish_seq,
        'confidence' as column_name,
        check_ins.confidence_number as shown_number,
        case when {{ matches('check_ins.confidence_raw', '%') }} then 1 else 0 end as has_sign
    from check_ins

),

evidence as (

    select
        numbers.file_id,
        numbers.publish_seq,
        numbers.column_name,
        max(numbers.has_sign) as has_signs,
        max(case when numbers.has_sign = 0 then numbers.shown_number end) as largest_plain,
        max(
            case when numbers.has_sign = 0 and numbers.shown_number <> floor(numbers.shown_number) then 1 else 0 end
        ) as has_parts
    from numbers
    where numbers.shown_number is not null
    group by numbers.file_id, numbers.publish_seq, numbers.column_name

),

-- A row that is replayed later tells more of a column, but not of answers that were given before.
known_so_far as (

    select
        evidence.file_id,
        evidence.publish_seq,
        evidence.column_name,
        max(evidence.has_signs) over (
            partition by evidence.file_id, evidence.column_name
            order by evidence.publish_seq
        ) as has_signs,
        max(evidence.largest_plain) over (
            partition by evidence.file_id, evidence.column_name
            order by evidence.publish_seq
        ) as largest_plain,
        max(evidence.has_parts) over (
            partition by evidence.file_id, evidence.column_name
            order by evidence.publish_seq
        ) as has_parts
    from evidence

),

-- One unit for the whole column of a file. 0 and 1 alone tell nothing: then it stays undecided.
decided as (

    select
        known_so_far.file_id,
        known_so_far.publish_seq,
        known_so_far.column_name,
        case
            when known_so_far.has_signs = 1 and known_so_far.has_parts = 1 and known_so_far.largest_plain <= 1
                then 'mixed'
            when known_so_far.has_signs = 1 then 'percent'
            when known_so_far.column_name = 'confidence' and known_so_far.largest_plain > 10 then 'percent'
            when known_so_far.column_name = 'confidence' and known_so_far.largest_plain > 1 then 'tenths'
            when known_so_far.largest_plain > 2 then 'percent'
            when known_so_far.has_parts = 1 then 'fraction'
            else 'undecided'
        end as unit
    from known_so_far

)

select * from decided
