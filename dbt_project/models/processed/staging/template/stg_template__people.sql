with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'template.people'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('person_id') }} as person_id,
        {{ cell('name') }} as person_name,
        lower({{ cell('email') }}) as email,
        {{ cell('team_id') }} as team_id,
        {{ flag_or_null(cell('is_active')) }} as is_active
    from records

)

select * from renamed
