with key_results as (

    select * from {{ ref('stg_template__key_results') }}

),

mapped as (

    select
        {{ map_to('key_result', {
            'key_result_id': 'key_result_id',
            'event_date': 'coalesce(effective_date, ' ~ local_date('recorded_at', source_timezone('template')) ~ ')',
            'recorded_at': 'recorded_at',
            'objective_key': 'objective_id',
            'key_result_title': 'key_result_title',
            'key_result_kind': 'key_result_kind',
            'unit': 'unit',
            'start_value': 'start_value',
            'target_value': 'target_value',
            'lower_bound': 'lower_bound',
            'upper_bound': 'upper_bound',
            'weight': 'weight',
            'commitment': 'commitment',
            'owner_name': 'owner_email',
            'priority': 'priority',
            'lifecycle': 'lifecycle',
            'predecessor_key': 'predecessor_id',
        }) }}
    from key_results

)

select * from mapped
