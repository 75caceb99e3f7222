-- portability: G1-reserved(checkpoint): no reserved word of Oracle; dbt-oracle quotes it, but in column comments only.
-- A part of the feature rows, recomputed from the plain rows by brute force: what was true by the date and recorded
-- before the date was over, the latest edit of each check-in by then.
with sampled as (

    select
        features.*,
        {{ end_of_day('features.as_of_date') }} as seen_until
    from {{ ref('ml_key_result_features') }} features
    where features.key_result_key < '1'
        and features.checkpoint in ('25', '50', '75', 'as_of')

),

seen as (

    select
        sampled.key_result_key,
        sampled.as_of_date,
        check_ins.check_in_key,
        check_ins.business_date,
        coalesce(check_ins.recorded_at, check_ins.known_at) as recorded_at,
        check_ins.confidence,
        check_ins.is_deleted,
        check_ins.publish_seq,
        check_ins.row_number
    from sampled
    inner join {{ ref('int_check_ins_unioned') }} check_ins
        on sampled.key_result_key = check_ins.key_result_key
    where coalesce(check_ins.recorded_at, check_ins.known_at) < sampled.seen_until
        and (
            check_ins.known_until is null
            or (check_ins.known_at < sampled.seen_until and check_ins.known_until >= sampled.seen_until)
        )

),

counted as (

    select
        seen.key_result_key,
        seen.as_of_date,
        count(*) as check_ins_so_far,
        max(seen.business_date) as last_date
    from seen
    where seen.is_deleted = 0
        and seen.business_date <= seen.as_of_date
        and not exists (
            select 1
            from seen later
            where later.key_result_key = seen.key_result_key
                and later.as_of_date = seen.as_of_date
                and later.check_in_key = seen.check_in_key
                and (
                    later.recorded_at > seen.recorded_at
                    or (later.recorded_at = seen.recorded_at and later.publish_seq > seen.publish_seq)
                    or (
                        later.recorded_at = seen.recorded_at
                        and later.publish_seq = seen.publish_seq
                        and later.row_number > seen.row_number
                    )
                )
        )
    group by seen.key_result_key, seen.as_of_date

)

select
    sampled.key_result_key,
    sampled.as_of_date,
    sampled.check_ins_so_far,
    counted.check_ins_so_far as check_ins_recomputed,
    sampled.days_since_check_in,
    counted.last_date
from sampled
left join counted
    on sampled.key_result_key = counted.key_result_key
    and sampled.as_of_date = counted.as_of_date
where sampled.check_ins_so_far <> coalesce(counted.check_ins_so_far, 0)
    or coalesce(sampled.days_since_check_in, -1)
    <> coalesce({{ date_diff_days('sampled.as_of_date', 'counted.last_date') }}, -1)
