with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'template.objectives'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('objective_id') }} as objective_id,
        {{ cell('cycle_id') }} as cycle_id,
        {{ cell('team_id') }} as team_id,
        {{ cell('title') }} as objective_title,
        {{ cell('description') }} as description,
        lower({{ cell('owner_email') }}) as owner_email,
        {{ cell('parent_objective_id') }} as parent_objective_id,
        lower({{ cell('lifecycle') }}) as lifecycle,
        {{ to_date_or_null(cell('effective_date')) }} as effective_date,
        {{ to_timestamp_or_null(cell('recorded_at')) }} as recorded_at
    from records

)

select * from renamed
