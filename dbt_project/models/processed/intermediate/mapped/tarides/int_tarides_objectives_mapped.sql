with items as (

    select * from {{ ref('int_tarides_items_identified') }}

),

mapped as (

    select
        {{ map_to('objective', {
            'snapshot_scope': 'path',
            'objective_id': 'objective_id',
            'true_from': 'cycle_start_date',
            'cycle_key': 'cycle_id',
            'objective_title': 'coalesce(objective_title, item_title)',
            'owner_name': 'case when objective_title is null then team_name end',
            'lifecycle': 'case when objective_title is null then lifecycle end',
        }) }}
    from items

)

select * from mapped
