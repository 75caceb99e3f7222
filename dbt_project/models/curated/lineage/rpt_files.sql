with files as (

    select * from {{ ref('stg_okr_raw__files') }}

),

publications as (

    select
        publications.file_id,
        count(*) as count_publications,
        max(case when publications.action = 'retract' then publications.known_at end) as retracted_at
    from {{ ref('stg_okr_raw__publications') }} publications
    group by publications.file_id

)

select
    files.file_id,
    files.source_instance,
    files.path,
    files.dataset,
    files.dataset_kind,
    files.status,
    files.reason,
    files.nearest_dataset,
    files.missing_columns,
    files.rows_read,
    files.rows_loaded,
    files.rows_rejected,
    files.rows_skipped,
    files.rows_read - files.rows_loaded - files.rows_rejected - files.rows_skipped as rows_unaccounted,
    files.skipped_by_kind,
    files.bytes,
    files.sha256,
    files.encoding,
    files.known_at_basis,
    files.publish_seq,
    cast(coalesce(publications.count_publications, 0) as integer) as count_publications,
    files.discovered_at,
    files.known_at,
    case when files.status = 'retracted' then publications.retracted_at end as retracted_at
from files
left join publications
    on files.file_id = publications.file_id
