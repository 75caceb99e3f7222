with items as (

    select * from {{ ref('int_gitlab_items_identified') }}

),

mapped as (

    select
        {{ map_to('cycle', {
            'cycle_id': 'cycle_label',
            'true_from': 'cycle_start_date',
            'cycle_name': 'upper(cycle_label)',
            'cadence': "'quarterly'",
            'start_date': 'cycle_start_date',
            'end_date': 'cycle_end_date',
        }) }}
    from items

)

select * from mapped
