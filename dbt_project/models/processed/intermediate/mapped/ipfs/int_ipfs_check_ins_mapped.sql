with key_results as (

    select * from {{ ref('int_ipfs_key_results_identified') }}

),

-- The sheet gives no day for its mid-quarter column: the middle of the quarter stands for it.
mapped as (

    select
        {{ map_to('check_in', {
            'snapshot_scope': 'path',
            'check_in_id': "case
                when mid_quarter_score is not null or projected_score is not null then key_result_id || '@mid'
            end",
            'event_date': middle_date('cycle_start_date', 'cycle_end_date'),
            'key_result_key': 'key_result_id',
            'reported_progress': 'mid_quarter_score',
            'projected_score': 'projected_score',
            'author_name': 'owner_name',
        }) }}
    from key_results

)

select * from mapped
