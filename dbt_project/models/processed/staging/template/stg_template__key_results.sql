with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'template.key_results'

),

renamed as (

    select
        {{ record_columns() }},
        {{ template_key_result_cells() }}
    from records

)

select * from renamed
