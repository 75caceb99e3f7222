with items as (

    select * from {{ ref('int_tarides_items_identified') }}

),

mapped as (

    select
        {{ map_to('check_in', {
            'snapshot_scope': 'path',
            'check_in_id': 'case when status_word is not null or progress_percent is not null then key_result_id end',
            'is_state': '1',
            'key_result_key': 'key_result_id',
            'reported_progress': 'progress_percent / 100',
            'status_vocabulary': "'tarides'",
            'status_raw': 'status_word',
        }) }}
    from items

)

select * from mapped
