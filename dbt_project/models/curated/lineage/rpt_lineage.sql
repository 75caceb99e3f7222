with numbers as (

    select
        key_results.key_result_key,
        'goal' as number_name,
        key_results.target_value as number_value,
        cast(null as varchar(32)) as check_in_key,
        key_results.file_id,
        key_results.row_number,
        key_results.publish_seq
    from {{ ref('dim_key_results') }} key_results

    union all

    select
        key_results.key_result_key,
        'value' as number_name,
        check_ins.check_in_value as number_value,
        check_ins.check_in_key,
        check_ins.file_id,
        check_ins.row_number,
        check_ins.publish_seq
    from {{ ref('fct_key_results') }} key_results
    inner join {{ ref('int_check_ins_settled') }} check_ins
        on key_results.value_check_in_key = check_ins.check_in_key
        and check_ins.known_to = {{ end_of_time() }}

    union all

    select
        scores.key_result_key,
        'score' as number_name,
        scores.score as number_value,
        cast(null as varchar(32)) as check_in_key,
        scores.file_id,
        scores.row_number,
        scores.publish_seq
    from {{ ref('fct_key_result_scores') }} scores

)

select
    numbers.key_result_key,
    numbers.number_name,
    numbers.number_value,
    numbers.check_in_key,
    records.source_instance,
    records.dataset,
    records.path,
    numbers.file_id,
    numbers.row_number,
    records.line_number,
    numbers.publish_seq,
    records.published_at
from numbers
left join {{ ref('base_okr_raw__published_records') }} records
    on numbers.file_id = records.file_id
    and numbers.row_number = records.row_number
    and numbers.publish_seq = records.publish_seq
