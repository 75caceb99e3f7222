-- Status words that their vocabulary does not hold. They count as unknown, never as on track.
{{ config(severity='warn') }}

select
    check_ins.source_system,
    check_ins.source_instance,
    check_ins.status_vocabulary,
    check_ins.status_raw,
    count(*) as count_check_ins
from {{ ref('int_check_ins_unioned') }} check_ins
left join {{ ref('status_vocabularies') }} status_vocabularies
    on check_ins.status_vocabulary = status_vocabularies.vocabulary
    and lower(trim(check_ins.status_raw)) = status_vocabularies.status_raw
where check_ins.status_raw is not null
    and status_vocabularies.status_raw is null
group by check_ins.source_system, check_ins.source_instance, check_ins.status_vocabulary, check_ins.status_raw
