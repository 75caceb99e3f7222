with items as (

    select * from {{ ref('int_gitlab_items_identified') }}

),

mapped as (

    select
        {{ map_to('key_result', {
            'key_result_id': 'case when is_objective = 0 then item_id end',
            'true_from': 'cycle_start_date',
            'objective_key': 'parent_objective_id',
            'key_result_title': 'item_text',
            'key_result_kind': "case when limit_value is not null then 'stay_at_most' end",
            'upper_bound': 'limit_value',
            'owner_name': 'owner_name',
        }) }}
    from items

)

select * from mapped
