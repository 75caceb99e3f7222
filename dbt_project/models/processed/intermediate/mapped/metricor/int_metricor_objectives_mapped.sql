with okrs as (

    select * from {{ ref('stg_metricor__okrs') }}

),

mapped as (

    select
        {{ map_to('objective', {
            'objective_id': 'okr_id',
            'true_from': 'updated_date',
            'recorded_at': 'cast(updated_date as timestamp)',
            'objective_title': 'objective_title',
            'description': 'comment_text',
            'owner_name': 'owner_name',
        }) }}
    from okrs

)

select * from mapped
