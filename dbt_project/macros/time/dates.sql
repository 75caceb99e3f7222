{% macro date_add_days(day, count) -%}
    {{ return(adapter.dispatch('date_add_days')(day, count)) }}
{%- endmacro %}

{% macro default__date_add_days(day, count) -%}
    cast(({{ day }}) + ({{ count }}) as date)
{%- endmacro %}

{% macro date_diff_days(later, earlier) -%}
    {{ return(adapter.dispatch('date_diff_days')(later, earlier)) }}
{%- endmacro %}

{% macro default__date_diff_days(later, earlier) -%}
    (({{ later }}) - ({{ earlier }}))
{%- endmacro %}

{% macro week_start(day) -%}
    {{ return(adapter.dispatch('week_start')(day)) }}
{%- endmacro %}

{% macro default__week_start(day) -%}
    cast(date_trunc('week', {{ day }}) as date)
{%- endmacro %}

{% macro oracle__week_start(day) -%}
    trunc({{ day }}, 'IW')
{%- endmacro %}

{% macro as_date(instant) -%}
    {{ return(adapter.dispatch('as_date')(instant)) }}
{%- endmacro %}

{% macro default__as_date(instant) -%}
    cast({{ instant }} as date)
{%- endmacro %}

{% macro oracle__as_date(instant) -%}
    cast(trunc({{ instant }}) as date)
{%- endmacro %}

{% macro as_timestamp(day) -%}
    cast({{ day }} as timestamp)
{%- endmacro %}

{% macro type_text() -%}
    {{ return(adapter.dispatch('type_text')()) }}
{%- endmacro %}

{% macro default__type_text() -%}
    text
{%- endmacro %}

{% macro oracle__type_text() -%}
    clob
{%- endmacro %}
