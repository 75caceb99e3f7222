{% macro with_recursive() -%}
    {{ return(adapter.dispatch('with_recursive')()) }}
{%- endmacro %}

{% macro default__with_recursive() -%}
    with recursive
{%- endmacro %}

{% macro oracle__with_recursive() -%}
    with
{%- endmacro %}
