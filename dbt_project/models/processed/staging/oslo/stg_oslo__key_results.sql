with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'oslo.key_results'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('path') }} as key_result_path,
        {{ cell('objective') }} as objective_path,
        {{ cell('parent') }} as parent_path,
        {{ cell('name') }} as key_result_title,
        {{ cell('description') }} as description,
        {{ cell('unit') }} as unit,
        {{ to_number_or_null(cell('weight')) }} as weight,
        {{ to_number_or_null(cell('startValue')) }} as start_value,
        {{ to_number_or_null(cell('targetValue')) }} as target_value,
        {{ to_number_or_null(cell('currentValue')) }} as current_value,
        {{ to_number_or_null(cell('progression')) }} as progression,
        {{ cell('createdBy') }} as created_by,
        {{ flag_or_null(cell('archived')) }} as is_archived,
        {{ to_timestamp_or_null(cell('created')) }} as created_at,
        {{ to_timestamp_or_null(cell('edited')) }} as edited_at
    from records

)

select * from renamed
