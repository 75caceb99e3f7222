with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'template.key_result_changes'

),

renamed as (

    select
        {{ record_columns() }},
        {{ change_action(cell('action')) }} as change_action,
        {{ template_key_result_cells() }}
    from records

)

select * from renamed
