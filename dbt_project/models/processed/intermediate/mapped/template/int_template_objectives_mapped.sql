with objectives as (

    select * from {{ ref('stg_template__objectives') }}

),

mapped as (

    select
        {{ map_to('objective', {
            'objective_id': 'objective_id',
            'event_date': 'coalesce(effective_date, ' ~ local_date('recorded_at', source_timezone('template')) ~ ')',
            'recorded_at': 'recorded_at',
            'cycle_key': 'cycle_id',
            'team_key': 'team_id',
            'objective_title': 'objective_title',
            'description': 'description',
            'owner_name': 'owner_email',
            'parent_objective_key': 'parent_objective_id',
            'lifecycle': 'lifecycle',
        }) }}
    from objectives

)

select * from mapped
