with check_ins as (

    select
        check_ins.*,
        coalesce(check_ins.known_until, {{ end_of_time() }}) as held_until
    from {{ ref('int_check_ins_unioned') }} check_ins

),

moments as (

    select
        check_ins.check_in_key,
        check_ins.known_at as known_from
    from check_ins

    union

    select
        check_ins.check_in_key,
        check_ins.known_until as known_from
    from check_ins
    where check_ins.known_until is not null

),

spans as (

    select
        moments.check_in_key,
        moments.known_from,
        coalesce(
            lead(moments.known_from) over (partition by moments.check_in_key order by moments.known_from),
            {{ end_of_time() }}
        ) as known_to
    from moments

),

held_versions as (

    select
        check_ins.*,
        spans.known_from,
        spans.known_to,
        row_number() over (
            partition by spans.check_in_key, spans.known_from order by {{ edit_order('check_ins', 'desc') }}
        ) as edit_rank
    from spans
    inner join check_ins
        on spans.check_in_key = check_ins.check_in_key
        and spans.known_from >= check_ins.known_at
        and spans.known_from < check_ins.held_until

),

ordered as (

    select
        held_versions.*,
        dense_rank() over (
            partition by held_versions.key_result_key order by {{ ruling_order('held_versions') }}
        ) as check_in_number
    from held_versions
    where held_versions.edit_rank = 1
        and held_versions.is_deleted = 0
        and held_versions.key_result_key is not null

)

select
    ordered.check_in_key,
    ordered.key_result_key,
    cast(ordered.check_in_number as integer) as check_in_number,
    cast(row_number() over (
        partition by ordered.key_result_key, ordered.check_in_number order by ordered.known_from
    ) as integer) as span_number,
    ordered.known_from,
    ordered.known_to,
    ordered.business_date as check_in_date,
    coalesce(ordered.recorded_at, ordered.known_at) as recorded_at,
    ordered.known_at,
    ordered.known_until,
    ordered.check_in_value,
    ordered.reported_progress,
    ordered.confidence,
    ordered.status_vocabulary,
    ordered.status_raw,
    ordered.status_severity,
    ordered.status_meaning,
    ordered.comment_text,
    ordered.author_name,
    ordered.publish_seq,
    ordered.file_id,
    ordered.row_number
from ordered
