{# Actual over expected progress; null until a tenth of the cycle has passed (grace: the ratio is noise before). #}
{% macro pace_ratio(expected, actual, elapsed) -%}
    {{ as_share('case when ' ~ elapsed ~ ' >= 0.1 then ' ~ actual ~ ' / nullif(' ~ expected ~ ', 0) end') }}
{%- endmacro %}
