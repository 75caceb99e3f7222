with teams as (

    select * from {{ ref('stg_template__teams') }}

),

mapped as (

    select
        {{ map_to('team', {
            'team_id': 'team_id',
            'team_name': 'team_name',
            'team_level': 'team_level',
            'parent_team_key': 'parent_team_id',
        }) }}
    from teams

)

select * from mapped
