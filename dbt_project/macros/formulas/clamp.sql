{# x held between 0 and 1; null stays null (least and greatest treat null differently on Postgres and Oracle). #}
{% macro clamp(x) -%}
    case when {{ x }} < 0 then 0 when {{ x }} > 1 then 1 else {{ x }} end
{%- endmacro %}
