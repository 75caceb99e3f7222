with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'onesheet.check_ins'

),

renamed as (

    select
        {{ record_columns() }},
        {{ to_date_or_null(cell('Date')) }} as check_in_date,
        {{ cell('Objective') }} as objective_title,
        {{ cell(['Key Result', 'Key result', 'key_result']) }} as key_result_title,
        {{ to_number_or_null(cell('Value')) }} as check_in_value,
        {{ cell('Unit') }} as unit,
        {{ to_number_or_null(cell('Confidence')) }} as confidence_number,
        lower({{ cell('Confidence') }}) as confidence_raw,
        {{ cell('Note') }} as comment_text,
        {{ cell('By') }} as author_name
    from records

)

select * from renamed
