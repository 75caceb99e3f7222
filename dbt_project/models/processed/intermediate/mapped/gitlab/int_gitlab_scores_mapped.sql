with items as (

    select * from {{ ref('int_gitlab_items_identified') }}

),

mapped as (

    select
        {{ map_to('score', {
            'score_id': "case when is_objective = 0 and (score is not null or outcome is not null) then item_id end",
            'event_date': 'cycle_end_date',
            'key_result_key': 'item_id',
            'score': 'score',
            'outcome': 'outcome',
            'score_method': "'note behind the key result'",
        }) }}
    from items

)

select * from mapped
