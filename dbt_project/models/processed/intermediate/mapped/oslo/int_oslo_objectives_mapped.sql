with objectives as (

    select * from {{ ref('stg_oslo__objectives') }}

),

mapped as (

    select
        {{ map_to('objective', {
            'objective_id': 'objective_path',
            'true_from': local_date('created_at', source_timezone('oslo')),
            'recorded_at': 'coalesce(edited_at, created_at)',
            'is_deleted': 'coalesce(is_archived, 0)',
            'cycle_key': 'period_path',
            'team_key': 'parent_path',
            'objective_title': 'objective_title',
            'description': 'description',
            'owner_name': 'created_by',
        }) }}
    from objectives

)

select * from mapped
