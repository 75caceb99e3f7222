{# Control kinds: 1 while the value keeps its bound, 0 while it does not, null for other kinds or without value or bound.
   Where a source gives one number only, the target is the bound. #}
{% macro bound_holds(kind, current_value, target_value, lower_bound, upper_bound) -%}
    case
        when {{ current_value }} is null then null
        when {{ kind }} = 'maintain_at_least' and coalesce({{ lower_bound }}, {{ target_value }}) is not null
            then case when {{ current_value }} >= coalesce({{ lower_bound }}, {{ target_value }}) then 1 else 0 end
        when {{ kind }} = 'stay_at_most' and coalesce({{ upper_bound }}, {{ target_value }}) is not null
            then case when {{ current_value }} <= coalesce({{ upper_bound }}, {{ target_value }}) then 1 else 0 end
        when {{ kind }} = 'range' and coalesce({{ lower_bound }}, {{ upper_bound }}) is not null
            then
                case
                    when {{ current_value }} < coalesce({{ lower_bound }}, {{ current_value }}) then 0
                    when {{ current_value }} > coalesce({{ upper_bound }}, {{ current_value }}) then 0
                    else 1
                end
    end
{%- endmacro %}
