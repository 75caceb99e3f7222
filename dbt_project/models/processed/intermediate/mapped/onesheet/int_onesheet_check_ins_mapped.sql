with key_results as (

    select * from {{ ref('int_onesheet_key_results_identified') }}

),

check_ins as (

    select * from {{ ref('int_onesheet_check_ins_identified') }}

),

-- The sheet says no more than how things stand: what it says on its date is a check-in of that date.
mapped as (

    select
        {{ map_to('check_in', {
            'snapshot_scope': 'path',
            'check_in_id': "case
                when coalesce(current_value, reported_progress, confidence) is not null or status_raw is not null
                    then key_result_id
            end",
            'event_date': local_date('updated_at', source_timezone('onesheet')),
            'recorded_at': 'updated_at',
            'is_state': '1',
            'key_result_key': 'key_result_id',
            'check_in_value': 'current_value',
            'reported_progress': 'reported_progress',
            'confidence': 'confidence',
            'status_vocabulary': "case when status_raw is not null then 'onesheet' end",
            'status_raw': 'status_raw',
            'comment_text': 'comment_text',
            'author_name': 'owner_name',
        }) }}
    from key_results

    union all

    select
        {{ map_to('check_in', {
            'check_in_id': 'check_in_id',
            'event_date': 'check_in_date',
            'key_result_key': 'key_result_id',
            'check_in_value': 'check_in_value',
            'confidence': 'confidence',
            'comment_text': 'comment_text',
            'author_name': 'author_name',
        }) }}
    from check_ins

)

select * from mapped
