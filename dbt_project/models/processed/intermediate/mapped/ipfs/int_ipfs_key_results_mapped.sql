with key_results as (

    select * from {{ ref('int_ipfs_key_results_identified') }}

),

mapped as (

    select
        {{ map_to('key_result', {
            'snapshot_scope': 'path',
            'key_result_id': 'key_result_id',
            'true_from': 'cycle_start_date',
            'objective_key': 'objective_id',
            'key_result_title': "trim(both '~' from key_result_title)",
            'owner_name': 'owner_name',
            'priority': 'priority',
            'lifecycle': "case when is_struck_through = 1 then 'dropped' end",
        }) }}
    from key_results

)

select * from mapped
