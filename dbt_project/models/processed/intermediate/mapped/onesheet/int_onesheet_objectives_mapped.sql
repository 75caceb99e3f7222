with key_results as (

    select * from {{ ref('int_onesheet_key_results_identified') }}

),

mapped as (

    select
        {{ map_to('objective', {
            'snapshot_scope': 'path',
            'objective_id': 'case when objective_title is not null then objective_id end',
            'true_from': 'cycle_start_date',
            'cycle_key': 'cycle_id',
            'objective_title': 'objective_title',
        }) }}
    from key_results

)

select * from mapped
