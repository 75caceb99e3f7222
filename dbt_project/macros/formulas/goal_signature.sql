{# Start, target and bounds of a version as one text: it changes when the goalposts are moved. #}
{% macro goal_signature(versions) -%}
    {%- for column in ['start_value', 'target_value', 'lower_bound', 'upper_bound'] -%}
        coalesce(cast({{ versions }}.{{ column }} as varchar(60)), '-'){{ " || '|' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
