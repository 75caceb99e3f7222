{# Progress of one key result by kind, not clamped; null means "no number", never 0.
   metric             (value - start) / (target - start)
   milestone          the same, start 0 where none is given: milestones done of milestones planned
   binary             1 once the value reaches the target (1 where none is given), else 0
   control kinds      0 while the bound is broken; 1 at close if it holds; null before: "not yet broken" is not "done"
   Without a value, or without what the formula needs, the share that the source itself reported. #}
{% macro progress(kind, current_value, start_value, target_value, lower_bound, upper_bound, is_closed, reported_progress) -%}
    {%- set holds = bound_holds(kind, current_value, target_value, lower_bound, upper_bound) -%}
    {%- set milestone = linear_progress(current_value, 'coalesce(' ~ start_value ~ ', 0)', target_value) -%}
    case
        when {{ kind }} in ('maintain_at_least', 'stay_at_most', 'range')
            then
                case
                    when {{ holds }} = 0 then 0
                    when {{ holds }} = 1 and {{ is_closed }} = 1 then 1
                    when {{ holds }} is null and {{ is_closed }} = 1 then {{ as_share(reported_progress) }}
                end
        when {{ kind }} = 'binary'
            then
                case
                    when {{ current_value }} is null then {{ as_share(reported_progress) }}
                    when {{ current_value }} >= coalesce({{ target_value }}, 1) then 1
                    else 0
                end
        when {{ kind }} = 'milestone' then coalesce({{ milestone }}, {{ as_share(reported_progress) }})
        else coalesce({{ linear_progress(current_value, start_value, target_value) }}, {{ as_share(reported_progress) }})
    end
{%- endmacro %}
