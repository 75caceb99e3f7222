with arrivals as (

    select * from {{ source('okr_raw', 'arrivals') }}

),

renamed as (

    select
        arrival_id,
        file_id,
        path,
        snapshot_date,
        snapshot_date_source,
        {{ utc_timestamp('discovered_at') }} as discovered_at,
        {{ utc_timestamp('last_seen_at') }} as last_seen_at
    from arrivals

)

select * from renamed
