with items as (

    select * from {{ ref('int_tarides_items_identified') }}

),

mapped as (

    select
        {{ map_to('cycle', cycles_by_label()) }}
    from items

)

select * from mapped
