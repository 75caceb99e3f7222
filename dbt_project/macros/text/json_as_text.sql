{% macro json_as_text(column) -%}
    {{ return(adapter.dispatch('json_as_text')(column)) }}
{%- endmacro %}

{% macro default__json_as_text(column) -%}
    cast({{ column }} as {{ type_text() }})
{%- endmacro %}
