with items as (

    select * from {{ ref('int_gitlab_items_identified') }}

),

mapped as (

    select
        {{ map_to('objective', {
            'objective_id': 'case when is_objective = 1 then item_id end',
            'true_from': 'cycle_start_date',
            'cycle_key': 'cycle_label',
            'objective_title': 'item_text',
            'owner_name': 'owner_name',
            'parent_objective_key': 'parent_objective_id',
        }) }}
    from items

    union all

    select
        {{ map_to('objective', {
            'objective_id': 'section_id',
            'true_from': 'cycle_start_date',
            'cycle_key': 'cycle_label',
            'objective_title': 'section_title',
            'owner_name': "'CEO'",
        }) }}
    from items

)

select * from mapped
