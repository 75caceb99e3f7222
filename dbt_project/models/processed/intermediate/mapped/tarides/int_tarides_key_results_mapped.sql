with items as (

    select * from {{ ref('int_tarides_items_identified') }}

),

mapped as (

    select
        {{ map_to('key_result', {
            'snapshot_scope': 'path',
            'key_result_id': 'key_result_id',
            'true_from': 'cycle_start_date',
            'objective_key': 'objective_id',
            'key_result_title': 'item_title',
            'owner_name': 'team_name',
            'lifecycle': 'lifecycle',
            'reported_progress': 'progress_percent / 100',
        }) }}
    from items

)

select * from mapped
