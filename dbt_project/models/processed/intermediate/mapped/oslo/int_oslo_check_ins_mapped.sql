with key_result_progress as (

    select * from {{ ref('stg_oslo__key_result_progress') }}

),

mapped as (

    select
        {{ map_to('check_in', {
            'check_in_id': 'progress_path',
            'event_date': local_date('measured_at', source_timezone('oslo')),
            'recorded_at': 'created_at',
            'is_deleted': 'coalesce(is_archived, 0)',
            'key_result_key': "regexp_substr(progress_path, '^keyResults/[^/]+')",
            'check_in_value': 'check_in_value',
            'comment_text': 'comment_text',
            'author_name': 'created_by',
        }) }}
    from key_result_progress

)

select * from mapped
