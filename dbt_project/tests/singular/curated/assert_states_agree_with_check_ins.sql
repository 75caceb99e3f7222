-- The number a key result stands at is that of its latest check-in with a number, by business date, then record date.
with ranked as (

    select
        check_ins.key_result_key,
        check_ins.check_in_key,
        check_ins.check_in_value,
        row_number() over (
            partition by check_ins.key_result_key
            order by
                check_ins.check_in_date desc, coalesce(check_ins.recorded_at, check_ins.known_at) desc,
                check_ins.publish_seq desc, check_ins.row_number desc
        ) as place
    from {{ ref('fct_check_ins') }} check_ins
    where check_ins.is_current = 1
        and check_ins.check_in_date <= {{ as_of_date() }}
        and coalesce(check_ins.check_in_value, check_ins.reported_progress) is not null

)

select
    key_results.key_result_key,
    key_results.value_check_in_key,
    ranked.check_in_key
from {{ ref('fct_key_results') }} key_results
left join ranked
    on key_results.key_result_key = ranked.key_result_key
    and ranked.place = 1
where key_results.state_key is not null
    and coalesce(key_results.value_check_in_key, 'none') <> coalesce(ranked.check_in_key, 'none')
