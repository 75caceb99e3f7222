with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'oslo.kpis'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('path') }} as kpi_path,
        {{ cell('parent') }} as parent_path,
        {{ cell('name') }} as kpi_name,
        {{ cell('description') }} as description,
        {{ cell('kpiType') }} as kpi_type,
        {{ cell('format') }} as display_format,
        {{ to_number_or_null(cell('currentValue')) }} as current_value,
        {{ flag_or_null(cell('archived')) }} as is_archived,
        {{ to_timestamp_or_null(cell('created')) }} as created_at,
        {{ to_timestamp_or_null(cell('edited')) }} as edited_at
    from records

)

select * from renamed
