{# Ordinal zone: fail below 0.3 (0 and less included), commit below 0.7, target below 1, stretch from 1; no_data without a
   number. Every key result is in exactly one zone. #}
{% macro score_zone(score) -%}
    case
        when {{ score }} is null then 'no_data'
        when {{ score }} < 0.3 then 'fail'
        when {{ score }} < 0.7 then 'commit'
        when {{ score }} < 1 then 'target'
        else 'stretch'
    end
{%- endmacro %}
