with people as (

    select * from {{ ref('stg_template__people') }}

),

mapped as (

    select
        {{ map_to('person', {
            'person_id': 'person_id',
            'person_name': 'person_name',
            'email': 'email',
            'team_key': 'team_id',
            'is_active': 'is_active',
        }) }}
    from people

)

select * from mapped
