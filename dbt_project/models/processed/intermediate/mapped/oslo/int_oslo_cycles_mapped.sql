with periods as (

    select * from {{ ref('stg_oslo__periods') }}

),

mapped as (

    select
        {{ map_to('cycle', {
            'cycle_id': 'period_path',
            'true_from': local_date('started_at', source_timezone('oslo')),
            'recorded_at': 'coalesce(edited_at, created_at)',
            'is_deleted': 'coalesce(is_archived, 0)',
            'cycle_name': 'period_name',
            'start_date': local_date('started_at', source_timezone('oslo')),
            'end_date': local_date('ended_at', source_timezone('oslo')),
        }) }}
    from periods

)

select * from mapped
