with rejects as (

    select * from {{ ref('stg_okr_raw__rejects') }}

)

select
    rejects.file_id,
    rejects.row_number,
    files.path,
    files.source_instance,
    files.dataset,
    rejects.line_number,
    rejects.reason_code,
    rejects.reason,
    rejects.byte_offset,
    rejects.byte_length,
    rejects.rejected_at,
    rejects.resolved_at,
    rejects.resolution,
    case when rejects.resolved_at is null then 1 else 0 end as is_open
from rejects
left join {{ ref('stg_okr_raw__files') }} files
    on rejects.file_id = files.file_id
