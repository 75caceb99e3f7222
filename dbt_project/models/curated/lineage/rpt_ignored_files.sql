with ignored_files as (

    select * from {{ ref('stg_okr_raw__ignored_files') }}

)

select
    ignored_files.path,
    ignored_files.reason,
    ignored_files.discovered_at
from ignored_files
