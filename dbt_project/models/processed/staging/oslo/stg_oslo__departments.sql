with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'oslo.departments'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('path') }} as department_path,
        {{ cell('organization') }} as organization_path,
        {{ cell('name') }} as department_name,
        {{ cell('missionStatement') }} as mission_statement,
        {{ flag_or_null(cell('archived')) }} as is_archived,
        {{ to_timestamp_or_null(cell('created')) }} as created_at,
        {{ to_timestamp_or_null(cell('edited')) }} as edited_at
    from records

)

select * from renamed
