with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'template.cycles'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('cycle_id') }} as cycle_id,
        {{ cell('name') }} as cycle_name,
        lower({{ cell('cadence') }}) as cadence,
        {{ to_date_or_null(cell('start_date')) }} as start_date,
        {{ to_date_or_null(cell('end_date')) }} as end_date,
        {{ cell('parent_cycle_id') }} as parent_cycle_id
    from records

)

select * from renamed
