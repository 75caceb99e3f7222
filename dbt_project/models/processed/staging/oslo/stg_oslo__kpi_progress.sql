with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'oslo.kpi_progress'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('path') }} as progress_path,
        {{ to_number_or_null(cell('value')) }} as measured_value,
        {{ to_timestamp_or_null(cell('timestamp')) }} as measured_at
    from records

)

select * from renamed
