with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'oslo.key_result_progress'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('path') }} as progress_path,
        {{ to_number_or_null(cell('value')) }} as check_in_value,
        {{ cell('comment') }} as comment_text,
        {{ cell('createdBy') }} as created_by,
        {{ flag_or_null(cell('archived')) }} as is_archived,
        {{ to_timestamp_or_null(cell('timestamp')) }} as measured_at,
        {{ to_timestamp_or_null(cell('created')) }} as created_at
    from records

)

select * from renamed
