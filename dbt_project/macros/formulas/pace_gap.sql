{# Expected minus actual progress (clamped): above 0 is behind the calendar. Null where either is. #}
{% macro pace_gap(expected, actual) -%}
    {{ as_share(expected ~ ' - ' ~ actual) }}
{%- endmacro %}
