{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ return(adapter.dispatch('generate_schema_name_of')(custom_schema_name, node)) }}
{%- endmacro %}

{% macro default__generate_schema_name_of(custom_schema_name, node) -%}
    {{ return((custom_schema_name or target.schema) | trim) }}
{%- endmacro %}

{% macro oracle__generate_schema_name_of(custom_schema_name, node) -%}
    {{ return(target.schema | trim) }}
{%- endmacro %}
