with key_results as (

    select * from {{ ref('int_ipfs_key_results_identified') }}

),

mapped as (

    select
        {{ map_to('objective', {
            'snapshot_scope': 'path',
            'objective_id': 'objective_id',
            'true_from': 'cycle_start_date',
            'cycle_key': 'cycle_id',
            'objective_title': 'objective_title',
        }) }}
    from key_results

)

select * from mapped
