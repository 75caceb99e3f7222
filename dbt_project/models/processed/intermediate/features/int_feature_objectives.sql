{% set deepest = 6 -%}
-- Parents are followed a fixed number of steps: bad data holds circles.
with pairs as (

    select distinct
        grid.objective_key,
        grid.as_of_date
    from {{ ref('int_feature_grid') }} grid

)

select
    pairs.objective_key,
    pairs.as_of_date,
    case when step_1.objective_key is not null then 1 else 0 end as has_parent,
    {% for step in range(1, deepest + 1) -%}
    case when step_{{ step }}.objective_key is not null then 1 else 0 end{{ ' +' if not loop.last }}
    {% endfor %} as objective_depth
from pairs
inner join {{ ref('int_feature_parents') }} step_0
    on pairs.objective_key = step_0.objective_key
    and pairs.as_of_date = step_0.as_of_date
{% for step in range(1, deepest + 1) -%}
left join {{ ref('int_feature_parents') }} step_{{ step }}
    on step_{{ step - 1 }}.parent_objective_key = step_{{ step }}.objective_key
    and step_{{ step - 1 }}.as_of_date = step_{{ step }}.as_of_date
{% endfor %}
