with files as (

    select
        files.*,
        {{ before_the_dot('files.dataset') }} as source_system
    from {{ ref('stg_okr_raw__files') }} files

)

select
    files.source_system,
    files.source_instance,
    cast(count(*) as integer) as count_files,
    cast(sum(case when files.status = 'loaded' then 1 else 0 end) as integer) as count_loaded_files,
    cast(sum(case when files.status in ('held', 'failed') then 1 else 0 end) as integer) as count_troubled_files,
    cast(sum(files.rows_loaded) as {{ dbt.type_bigint() }}) as rows_loaded,
    min(files.known_at) as first_known_at,
    max(files.known_at) as last_known_at,
    min(files.known_at_basis) as known_at_basis,
    max(source_defaults.default_commitment) as default_commitment
from files
left join {{ ref('source_defaults') }} source_defaults
    on files.source_system = source_defaults.source_system
group by files.source_system, files.source_instance
