with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'oslo.products'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('path') }} as product_path,
        {{ cell('organization') }} as organization_path,
        {{ cell('department') }} as department_path,
        {{ cell('name') }} as product_name,
        {{ cell('missionStatement') }} as mission_statement,
        {{ flag_or_null(cell('archived')) }} as is_archived,
        {{ to_timestamp_or_null(cell('created')) }} as created_at,
        {{ to_timestamp_or_null(cell('edited')) }} as edited_at
    from records

)

select * from renamed
