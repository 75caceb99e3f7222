with key_results as (

    select * from {{ ref('int_ipfs_key_results_identified') }}

),

mapped as (

    select
        {{ map_to('score', {
            'snapshot_scope': 'path',
            'score_id': 'case when final_score is not null then key_result_id end',
            'event_date': 'cycle_end_date',
            'key_result_key': 'key_result_id',
            'score': 'final_score',
            'outcome': "case when is_struck_through = 1 then 'dropped' end",
            'graded_by': 'owner_name',
            'score_method': "'final score column'",
        }) }}
    from key_results

)

select * from mapped
