-- noqa: disable=LT02
-- (sqlfluff indents columns that a loop writes by the loop, not by the query)
with objectives as (

    {{ current_versions(ref('int_objectives_unioned'), 'objective_key') }}

),

{% set deepest = 8 -%}
-- Parents are followed a fixed number of steps: bad data holds circles, and a circle never ends.
chained as (

    select
        objectives.objective_key,
        {% for step in range(1, deepest + 1) -%}
        parent_{{ step }}.objective_key as ancestor_{{ step }}{{ ',' if not loop.last }}
        {% endfor %}
    from objectives
    {% for step in range(1, deepest + 1) -%}
    left join objectives parent_{{ step }}
        on {{ 'objectives' if step == 1 else 'parent_' ~ (step - 1) }}.parent_objective_key
            = parent_{{ step }}.objective_key
    {% endfor %}

)

select
    objectives.objective_key,
    objectives.source_system,
    objectives.source_instance,
    objectives.objective_id,
    objectives.objective_title,
    objectives.description,
    objectives.owner_name,
    objectives.cycle_key,
    cycles.cycle_name,
    objectives.team_key,
    teams.team_name,
    teams.team_level,
    objectives.parent_objective_key,
    case when chained.ancestor_1 is not null then 1 else 0 end as has_parent,
    case
        when chained.ancestor_{{ deepest }} is not null then null
        else
            {% for step in range(1, deepest) -%}
            case when chained.ancestor_{{ step }} is not null then 1 else 0 end{{ ' +' if not loop.last }}
            {% endfor %}
    end as objective_depth,
    objectives.lifecycle,
    objectives.known_at,
    objectives.file_id,
    objectives.row_number
from objectives
inner join chained
    on objectives.objective_key = chained.objective_key
left join {{ ref('dim_cycles') }} cycles
    on objectives.cycle_key = cycles.cycle_key
left join {{ ref('dim_teams') }} teams
    on objectives.team_key = teams.team_key
