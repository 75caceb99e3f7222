with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'template.scores'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('key_result_id') }} as key_result_id,
        {{ to_number_or_null(cell('score')) }} as score,
        lower({{ cell('outcome') }}) as outcome,
        {{ to_timestamp_or_null(cell('graded_at')) }} as graded_at,
        {{ cell('graded_by') }} as graded_by,
        {{ cell('method') }} as score_method,
        {{ to_timestamp_or_null(cell('recorded_at')) }} as recorded_at
    from records

)

select * from renamed
