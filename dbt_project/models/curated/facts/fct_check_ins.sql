with check_ins as (

    select * from {{ ref('int_check_ins_unioned') }}

),

settled as (

    select
        settled.check_in_key,
        settled.publish_seq,
        settled.file_id,
        settled.row_number
    from {{ ref('int_check_ins_settled') }} settled
    where settled.known_to = {{ end_of_time() }}

),

numbered as (

    select
        check_ins.*,
        case when settled.check_in_key is not null then 1 else 0 end as is_current,
        row_number() over (
            partition by check_ins.check_in_key order by {{ edit_order('check_ins') }}
        ) as version_number
    from check_ins
    left join settled
        on check_ins.check_in_key = settled.check_in_key
        and check_ins.publish_seq = settled.publish_seq
        and check_ins.file_id = settled.file_id
        and coalesce(check_ins.row_number, 0) = coalesce(settled.row_number, 0)
        and check_ins.is_deleted = 0

),

-- Progress against the goal that was in force on the check-in's day, as known now.
measured as (

    select
        numbered.*,
        states.cycle_key,
        states.objective_key,
        states.target_value,
        states.cycle_end_date,
        {{ progress('states.key_result_kind', 'numbered.check_in_value', 'states.start_value', 'states.target_value',
            'states.lower_bound', 'states.upper_bound', "case when states.lifecycle = 'closed' then 1 else 0 end",
            'numbered.reported_progress') }} as progress_raw
    from numbered
    left join {{ ref('fct_key_result_states') }} states
        on numbered.key_result_key = states.key_result_key
        and states.is_known_now = 1
        and numbered.business_date >= states.valid_from
        and numbered.business_date < states.valid_to

)

select
    {{ surrogate_key(['measured.check_in_key', 'measured.file_id', 'measured.publish_seq', 'measured.row_number',
        'measured.business_date']) }} as check_in_version_key,
    measured.check_in_key,
    cast(measured.version_number as integer) as version_number,
    measured.is_current,
    measured.is_deleted,
    measured.key_result_key,
    measured.objective_key,
    measured.cycle_key,
    measured.source_system,
    measured.source_instance,
    measured.business_date as check_in_date,
    {{ week_start('measured.business_date') }} as week_start_date,
    measured.recorded_at,
    measured.known_at,
    measured.known_until,
    cast({{ date_diff_days(as_date('measured.recorded_at'), 'measured.business_date') }} as integer) as count_days_late,
    measured.check_in_value,
    measured.reported_progress,
    {{ as_share('measured.progress_raw') }} as progress_raw,
    {{ as_share(clamp('measured.progress_raw')) }} as progress,
    measured.target_value,
    measured.confidence,
    measured.projected_score,
    measured.status_vocabulary,
    measured.status_raw,
    measured.status_severity,
    measured.status_meaning,
    measured.comment_text,
    measured.author_name,
    measured.publish_seq,
    measured.file_id,
    measured.row_number
from measured
