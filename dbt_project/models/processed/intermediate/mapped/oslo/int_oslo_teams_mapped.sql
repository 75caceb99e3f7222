with organizations as (

    select * from {{ ref('stg_oslo__organizations') }}

),

departments as (

    select * from {{ ref('stg_oslo__departments') }}

),

products as (

    select * from {{ ref('stg_oslo__products') }}

),

mapped as (

    select
        {{ map_to('team', {
            'team_id': 'organization_path',
            'true_from': local_date('created_at', source_timezone('oslo')),
            'recorded_at': 'coalesce(edited_at, created_at)',
            'is_deleted': 'coalesce(is_archived, 0)',
            'team_name': 'organization_name',
            'team_level': "'organization'",
        }) }}
    from organizations

    union all

    select
        {{ map_to('team', {
            'team_id': 'department_path',
            'true_from': local_date('created_at', source_timezone('oslo')),
            'recorded_at': 'coalesce(edited_at, created_at)',
            'is_deleted': 'coalesce(is_archived, 0)',
            'team_name': 'department_name',
            'team_level': "'department'",
            'parent_team_key': 'organization_path',
        }) }}
    from departments

    union all

    select
        {{ map_to('team', {
            'team_id': 'product_path',
            'true_from': local_date('created_at', source_timezone('oslo')),
            'recorded_at': 'coalesce(edited_at, created_at)',
            'is_deleted': 'coalesce(is_archived, 0)',
            'team_name': 'product_name',
            'team_level': "'product'",
            'parent_team_key': 'coalesce(department_path, organization_path)',
        }) }}
    from products

)

select * from mapped
