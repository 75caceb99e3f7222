with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'metricor.stories'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('Story_ID') }} as story_id,
        {{ cell('Feature_ID') }} as feature_id,
        {{ cell('Title') }} as story_title,
        {{ cell('Status') }} as status_raw,
        {{ cell('Owner') }} as owner_name,
        {{ to_date_or_null(cell('Last_Updated')) }} as updated_date,
        lower({{ cell('Confidence') }}) as confidence_raw,
        {{ flag_or_null(cell('Blocker')) }} as is_blocked
    from records

)

select * from renamed
