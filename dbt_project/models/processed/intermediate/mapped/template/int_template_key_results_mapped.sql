{%- set columns = [
    'key_result_id', 'objective_id', 'key_result_title', 'key_result_kind', 'unit', 'start_value', 'target_value',
    'lower_bound', 'upper_bound', 'weight', 'commitment', 'owner_email', 'priority', 'lifecycle', 'predecessor_id',
    'effective_date', 'recorded_at',
] | join(',\n        ') -%}

with key_results as (

    select
        {{ record_columns() }},
        {{ columns }},
        0 as is_deleted
    from {{ ref('stg_template__key_results') }}

    union all

    -- A row whose action is none we know changes nothing: int_cell_problems lists it.
    select
        {{ record_columns() }},
        {{ columns }},
        case when change_action = 'delete' then 1 else 0 end as is_deleted
    from {{ ref('stg_template__key_result_changes') }}
    where change_action is not null

),

mapped as (

    select
        {{ map_to('key_result', {
            'key_result_id': 'key_result_id',
            'event_date': 'coalesce(effective_date, ' ~ local_date('recorded_at', source_timezone('template')) ~ ')',
            'recorded_at': 'recorded_at',
            'is_deleted': 'is_deleted',
            'objective_key': 'objective_id',
            'key_result_title': 'key_result_title',
            'key_result_kind': 'key_result_kind',
            'unit': 'unit',
            'start_value': 'start_value',
            'target_value': 'target_value',
            'lower_bound': 'lower_bound',
            'upper_bound': 'upper_bound',
            'weight': 'weight',
            'commitment': 'commitment',
            'owner_name': 'owner_email',
            'priority': 'priority',
            'lifecycle': 'lifecycle',
            'predecessor_key': 'predecessor_id',
        }) }}
    from key_results

)

select * from mapped
