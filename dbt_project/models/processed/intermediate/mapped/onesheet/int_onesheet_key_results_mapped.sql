with key_results as (

    select * from {{ ref('int_onesheet_key_results_identified') }}

),

mapped as (

    select
        {{ map_to('key_result', {
            'snapshot_scope': 'path',
            'key_result_id': 'key_result_id',
            'true_from': 'cycle_start_date',
            'recorded_at': 'updated_at',
            'objective_key': 'case when objective_title is not null then objective_id end',
            'key_result_title': 'key_result_title',
            'key_result_kind': "case when start_value is not null and target_value is not null then 'metric' end",
            'unit': 'unit',
            'start_value': 'start_value',
            'target_value': 'target_value',
            'owner_name': 'owner_name',
            'reported_progress': 'reported_progress',
        }) }}
    from key_results

)

select * from mapped
