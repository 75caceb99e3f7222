{# Aggregate: JSON texts of a group as one JSON array, as text, in an order. #}
{% macro json_list(document, order_by) -%}
    {{ return(adapter.dispatch('json_list')(document, order_by)) }}
{%- endmacro %}

{% macro default__json_list(document, order_by) -%}
    cast(json_agg(cast({{ document }} as json) order by {{ order_by }}) as text)
{%- endmacro %}

{% macro oracle__json_list(document, order_by) -%}
    json_arrayagg({{ document }} format json order by {{ order_by }} returning clob)
{%- endmacro %}
