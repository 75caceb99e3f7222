with mapped as (

    {{ union_mapped('check_ins', ['template', 'onesheet', 'oslo', 'ipfs', 'tarides', 'metricor', 'gitlab']) }}

),

status_vocabularies as (

    select * from {{ ref('status_vocabularies') }}

),

{{ entity_versions('check_in') }},

-- Where a source shows states only, each state unlike the one before is a check-in of its date.
check_ins as (

    select
        versions.*,
        case
            when versions.is_state = 1
                then versions.check_in_id || '@' || to_char(versions.business_date, 'YYYY-MM-DD')
            else versions.check_in_id
        end as event_id,
        lower(trim(versions.status_raw)) as status_word
    from versions
    where versions.is_state = 0
        or versions.is_deleted = 0

)

select
    check_ins.source_system,
    check_ins.source_instance,
    check_ins.event_id as check_in_id,
    {{ surrogate_key(['check_ins.source_system', 'check_ins.source_instance', 'check_ins.event_id']) }} as check_in_key,
    check_ins.key_result_key,
    check_ins.check_in_value,
    check_ins.reported_progress,
    check_ins.confidence,
    check_ins.projected_score,
    check_ins.status_vocabulary,
    check_ins.status_raw,
    status_vocabularies.severity as status_severity,
    case
        when check_ins.status_raw is not null then coalesce(status_vocabularies.meaning, 'unknown')
    end as status_meaning,
    check_ins.comment_text,
    check_ins.author_name,
    {{ clock_columns('check_ins') }}
from check_ins
left join status_vocabularies
    on check_ins.status_vocabulary = status_vocabularies.vocabulary
    and check_ins.status_word = status_vocabularies.status_raw
