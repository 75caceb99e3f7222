with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'metricor.features'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('Feature_ID') }} as feature_id,
        {{ cell('OKR_ID') }} as okr_id,
        {{ cell('Title') }} as feature_title,
        {{ cell('PM_Owner') }} as owner_name,
        {{ to_number_or_null(cell('Progress_Percent')) }} as progress_percent,
        {{ cell('Blockers') }} as blockers,
        {{ to_date_or_null(cell('Updated')) }} as updated_date,
        lower({{ cell('Confidence_Level') }}) as confidence_raw
    from records

)

select * from renamed
