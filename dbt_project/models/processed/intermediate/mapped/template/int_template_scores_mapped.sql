with scores as (

    select * from {{ ref('stg_template__scores') }}

),

mapped as (

    select
        {{ map_to('score', {
            'score_id': 'key_result_id',
            'event_date': local_date('graded_at', source_timezone('template')),
            'recorded_at': 'recorded_at',
            'key_result_key': 'key_result_id',
            'score': 'score',
            'outcome': 'outcome',
            'graded_at': 'graded_at',
            'graded_by': 'graded_by',
            'score_method': 'score_method',
        }) }}
    from scores

)

select * from mapped
