with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'metricor.okrs'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('OKR_ID') }} as okr_id,
        {{ cell('Objective') }} as objective_title,
        {{ cell('Owner') }} as owner_name,
        {{ cell('Status') }} as status_raw,
        {{ to_date_or_null(cell('Last_Updated')) }} as updated_date,
        {{ cell('Comments') }} as comment_text
    from records

)

select * from renamed
