{# Colour of a score without holes between the bands: from 0.7 green, below 0.4 red, else yellow; null has none. #}
{% macro score_band(score) -%}
    case when {{ score }} >= 0.7 then 'green' when {{ score }} < 0.4 then 'red' when {{ score }} is not null then 'yellow' end
{%- endmacro %}
