with publications as (

    select * from {{ source('okr_raw', 'publications') }}

),

renamed as (

    select
        publish_seq,
        file_id,
        arrival_id,
        action,
        {{ utc_timestamp('known_at') }} as known_at
    from publications

)

select * from renamed
