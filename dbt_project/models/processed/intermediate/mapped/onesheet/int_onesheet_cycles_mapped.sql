with key_results as (

    select * from {{ ref('int_onesheet_key_results_identified') }}

),

mapped as (

    select
        {{ map_to('cycle', cycles_by_label()) }}
    from key_results

)

select * from mapped
