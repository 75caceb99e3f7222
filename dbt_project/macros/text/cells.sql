{% macro cell(names) -%}
    {%- set names = [names] if names is string else names -%}
    {%- if names | length == 1 -%}
        {{ json_text('cells', names[0]) }}
    {%- else -%}
        coalesce(
            {%- for name in names %}{{ json_text('cells', name) }}{{ ', ' if not loop.last }}{% endfor -%}
        )
    {%- endif -%}
{%- endmacro %}

{% macro json_text(column, name) -%}
    {{ return(adapter.dispatch('json_text')(column, name)) }}
{%- endmacro %}

{% macro default__json_text(column, name) -%}
    nullif(trim({{ column }} ->> '{{ name | replace("'", "''") }}'), '')
{%- endmacro %}

{% macro oracle__json_text(column, name) -%}
    trim(json_value({{ column }}, '$."{{ name | replace("'", "''") }}"'))
{%- endmacro %}

{% macro json_number(column, name) -%}
    {{ to_number_or_null(json_text(column, name)) }}
{%- endmacro %}

{% macro flag_or_null(text) -%}
    case
        when lower({{ text }}) in ('true', 'yes', '1') then 1
        when lower({{ text }}) in ('false', 'no', '0') then 0
    end
{%- endmacro %}
