with check_ins as (

    select * from {{ ref('stg_template__check_ins') }}

),

-- A check-in without a readable date is about no day we know: int_cell_problems lists it.
dated_check_ins as (

    select
        check_ins.*,
        case
            when check_ins.check_in_date is null then null
            when check_ins.check_in_id is not null then check_ins.check_in_id
            else {{ surrogate_key([
                'check_ins.key_result_id',
                'check_ins.check_in_date',
                'check_ins.check_in_value',
                'check_ins.author_email',
            ]) }}
        end as known_check_in_id
    from check_ins

),

mapped as (

    select
        {{ map_to('check_in', {
            'check_in_id': 'known_check_in_id',
            'event_date': 'check_in_date',
            'recorded_at': 'recorded_at',
            'is_deleted': 'coalesce(is_deleted, 0)',
            'key_result_key': 'key_result_id',
            'check_in_value': 'check_in_value',
            'confidence': 'case when confidence_0_to_10 between 0 and 10 then confidence_0_to_10 / 10 end',
            'status_vocabulary': 'status_vocabulary',
            'status_raw': 'status_raw',
            'comment_text': 'comment_text',
            'author_name': 'author_email',
        }) }}
    from dated_check_ins

)

select * from mapped
