with ignored_files as (

    select * from {{ source('okr_raw', 'ignored_files') }}

),

renamed as (

    select
        path,
        reason,
        {{ utc_timestamp('discovered_at') }} as discovered_at
    from ignored_files

)

select * from renamed
