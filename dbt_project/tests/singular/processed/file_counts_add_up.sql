-- For every file whose end is known: rows read = rows loaded + rows rejected + rows skipped, and both counts are there.
with files as (

    select * from {{ ref('stg_okr_raw__files') }}

),

loaded as (

    select
        records.file_id,
        count(*) as count_rows
    from {{ source('okr_raw', 'records') }} records
    group by records.file_id

),

rejected as (

    select
        rejects.file_id,
        sum(case when rejects.resolved_at is null then 1 else 0 end) as count_open,
        count(*) as count_rows
    from {{ ref('stg_okr_raw__rejects') }} rejects
    group by rejects.file_id

)

select
    files.file_id,
    files.path,
    files.status,
    files.rows_read,
    files.rows_loaded,
    files.rows_rejected,
    files.rows_skipped,
    loaded.count_rows as count_records,
    rejected.count_rows as count_rejects
from files
left join loaded
    on files.file_id = loaded.file_id
left join rejected
    on files.file_id = rejected.file_id
where files.status in ('loaded', 'held', 'retracted')
    and (
        files.rows_read is null
        or files.rows_read <> files.rows_loaded + files.rows_rejected + files.rows_skipped
        or files.rows_loaded <> coalesce(loaded.count_rows, 0)
        or files.rows_rejected not in (coalesce(rejected.count_open, 0), coalesce(rejected.count_rows, 0))
    )
