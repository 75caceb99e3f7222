with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'oslo.periods'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('path') }} as period_path,
        {{ cell('parent') }} as parent_path,
        {{ cell('name') }} as period_name,
        {{ to_timestamp_or_null(cell('startDate')) }} as started_at,
        {{ to_timestamp_or_null(cell('endDate')) }} as ended_at,
        {{ to_number_or_null(cell('progression')) }} as progression,
        {{ flag_or_null(cell('archived')) }} as is_archived,
        {{ to_timestamp_or_null(cell('created')) }} as created_at,
        {{ to_timestamp_or_null(cell('edited')) }} as edited_at
    from records

)

select * from renamed
