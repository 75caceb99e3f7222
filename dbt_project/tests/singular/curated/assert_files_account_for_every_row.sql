-- Nothing vanishes: rows read = loaded + rejected + skipped, for every file that came to an end.
select
    files.file_id,
    files.path,
    files.rows_read,
    files.rows_loaded,
    files.rows_rejected,
    files.rows_skipped
from {{ ref('rpt_files') }} files
where files.status in ('loaded', 'held', 'retracted')
    and coalesce(files.rows_unaccounted, -1) <> 0
