with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'gitlab.okr_items'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('item_id') }} as item_id,
        lower({{ cell('cycle') }}) as cycle_label,
        {{ cell('section') }} as section_title,
        {{ to_number_or_null(cell('line')) }} as line_of_page,
        {{ to_number_or_null(cell('depth')) }} as depth,
        {{ cell('parent_id') }} as parent_item_id,
        {{ flag_or_null(cell('is_leaf')) }} as is_leaf,
        lower({{ cell('kind') }}) as item_kind,
        {{ cell('owner') }} as owner_name,
        {{ cell('text') }} as item_text,
        {{ cell('outcome_raw') }} as outcome_raw,
        lower({{ cell('outcome_how') }}) as outcome_notation,
        {{ to_number_or_null(cell('outcome_pct')) }} as outcome_percent,
        lower({{ cell('outcome_class') }}) as outcome_class
    from records

)

select * from renamed
