with features as (

    select * from {{ ref('stg_metricor__features') }}

),

mapped as (

    select
        {{ map_to('key_result', {
            'key_result_id': 'feature_id',
            'true_from': 'updated_date',
            'recorded_at': 'cast(updated_date as timestamp)',
            'objective_key': 'okr_id',
            'key_result_title': 'feature_title',
            'owner_name': 'owner_name',
            'reported_progress': 'progress_percent / 100',
        }) }}
    from features

)

select * from mapped
