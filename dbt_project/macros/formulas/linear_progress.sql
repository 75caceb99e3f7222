{# (value - start) / (target - start): sign-free, so the same expression serves a fall from 100 to 20 as a rise. Null where
   start = target (no slope: that is a control kind) or where a number is missing. Not clamped. #}
{% macro linear_progress(current_value, start_value, target_value) -%}
    {{ as_share('(' ~ current_value ~ ' - ' ~ start_value ~ ') / nullif(' ~ target_value ~ ' - ' ~ start_value ~ ', 0)') }}
{%- endmacro %}
