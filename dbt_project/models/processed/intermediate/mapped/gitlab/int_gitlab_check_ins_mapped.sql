with items as (

    select * from {{ ref('int_gitlab_items_identified') }}

),

-- "6/15" on "no more than 15" is what was spent by the close.
mapped as (

    select
        {{ map_to('check_in', {
            'check_in_id': "case when is_objective = 0 and spent_value is not null then item_id end",
            'event_date': 'cycle_end_date',
            'is_state': '1',
            'key_result_key': 'item_id',
            'check_in_value': 'spent_value',
            'comment_text': 'outcome_raw',
        }) }}
    from items

)

select * from mapped
