with cycles as (

    select * from {{ ref('stg_template__cycles') }}

),

mapped as (

    select
        {{ map_to('cycle', {
            'cycle_id': 'cycle_id',
            'true_from': 'start_date',
            'cycle_name': 'cycle_name',
            'cadence': 'cadence',
            'start_date': 'start_date',
            'end_date': 'end_date',
            'parent_cycle_key': 'parent_cycle_id',
        }) }}
    from cycles

)

select * from mapped
