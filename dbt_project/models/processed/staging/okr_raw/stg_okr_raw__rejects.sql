with rejects as (

    select * from {{ source('okr_raw', 'rejects') }}

),

renamed as (

    select
        file_id,
        row_number,
        line_number,
        reason_code,
        reason,
        byte_offset,
        byte_length,
        {{ utc_timestamp('rejected_at') }} as rejected_at,
        {{ utc_timestamp('resolved_at') }} as resolved_at,
        resolution
    from rejects

)

select * from renamed
