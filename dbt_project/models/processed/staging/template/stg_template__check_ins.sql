with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'template.check_ins'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('check_in_id') }} as check_in_id,
        {{ cell('key_result_id') }} as key_result_id,
        {{ to_date_or_null(cell('check_in_date')) }} as check_in_date,
        {{ to_number_or_null(cell('value')) }} as check_in_value,
        {{ to_number_or_null(cell('confidence')) }} as confidence_0_to_10,
        {{ cell('status') }} as status_raw,
        lower({{ cell('status_vocabulary') }}) as status_vocabulary,
        {{ cell('comment') }} as comment_text,
        lower({{ cell('author_email') }}) as author_email,
        {{ flag_or_null(cell('is_deleted')) }} as is_deleted,
        {{ to_timestamp_or_null(cell('recorded_at')) }} as recorded_at
    from records

)

select * from renamed
