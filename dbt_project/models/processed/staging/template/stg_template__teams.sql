with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'template.teams'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('team_id') }} as team_id,
        {{ cell('name') }} as team_name,
        lower({{ cell('level') }}) as team_level,
        {{ cell('parent_team_id') }} as parent_team_id
    from records

)

select * from renamed
