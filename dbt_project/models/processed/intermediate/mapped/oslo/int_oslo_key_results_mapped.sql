with key_results as (

    select * from {{ ref('stg_oslo__key_results') }}

),

-- The tool writes progression 0 before anything was reported, so it counts only beside a value.
mapped as (

    select
        {{ map_to('key_result', {
            'key_result_id': 'key_result_path',
            'true_from': local_date('created_at', source_timezone('oslo')),
            'recorded_at': 'coalesce(edited_at, created_at)',
            'is_deleted': 'coalesce(is_archived, 0)',
            'objective_key': 'objective_path',
            'key_result_title': 'key_result_title',
            'key_result_kind': "'metric'",
            'unit': 'unit',
            'start_value': 'start_value',
            'target_value': 'target_value',
            'weight': 'weight',
            'owner_name': 'created_by',
            'reported_progress': 'case when current_value is not null then progression end',
        }) }}
    from key_results

)

select * from mapped
