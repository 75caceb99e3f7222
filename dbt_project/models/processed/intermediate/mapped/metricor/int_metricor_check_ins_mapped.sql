with features as (

    select * from {{ ref('stg_metricor__features') }}

),

confidence_levels as (

    select * from {{ ref('confidence_levels') }}
    where vocabulary = 'metricor'

),

features_with_confidence as (

    select
        features.*,
        confidence_levels.confidence
    from features
    left join confidence_levels
        on features.confidence_raw = confidence_levels.confidence_raw

),

mapped as (

    select
        {{ map_to('check_in', {
            'check_in_id': 'feature_id',
            'event_date': 'updated_date',
            'recorded_at': 'cast(updated_date as timestamp)',
            'is_state': '1',
            'key_result_key': 'feature_id',
            'reported_progress': 'progress_percent / 100',
            'confidence': 'confidence',
            'comment_text': "case when lower(blockers) <> 'none' then blockers end",
            'author_name': 'owner_name',
        }) }}
    from features_with_confidence

)

select * from mapped
