with key_results as (

    select * from {{ ref('int_onesheet_key_results_identified') }}

),

mapped as (

    select
        {{ map_to('cycle', {
            'snapshot_scope': 'path',
            'cycle_id': 'cycle_id',
            'true_from': 'cycle_start_date',
            'cycle_name': 'cycle_label',
            'cadence': "case when cycle_start_date is not null then 'quarterly' end",
            'start_date': 'cycle_start_date',
            'end_date': 'cycle_end_date',
        }) }}
    from key_results

)

select * from mapped
