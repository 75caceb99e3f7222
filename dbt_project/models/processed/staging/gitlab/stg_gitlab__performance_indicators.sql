with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'gitlab.performance_indicators'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('file') }} as page_name,
        {{ cell('name') }} as indicator_name,
        {{ cell('org') }} as organisation_name,
        {{ flag_or_null(cell('is_key')) }} as is_key_indicator,
        {{ flag_or_null(cell('public')) }} as is_public,
        {{ cell('target') }} as target_raw,
        {{ to_number_or_null(cell('health_level')) }} as health_level,
        {{ cell('health_reasons') }} as health_reasons
    from records

)

select * from renamed
