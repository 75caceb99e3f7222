{% macro utc_timestamp(instant) -%}
    {{ return(adapter.dispatch('utc_timestamp')(instant)) }}
{%- endmacro %}

{% macro default__utc_timestamp(instant) -%}
    ({{ instant }} at time zone 'UTC')
{%- endmacro %}

{% macro oracle__utc_timestamp(instant) -%}
    cast(sys_extract_utc({{ instant }}) as timestamp)
{%- endmacro %}

{% macro local_date(utc_timestamp, zone) -%}
    {{ return(adapter.dispatch('local_date')(utc_timestamp, zone)) }}
{%- endmacro %}

{% macro default__local_date(utc_timestamp, zone) -%}
    cast(({{ utc_timestamp }} at time zone 'UTC') at time zone '{{ zone }}' as date)
{%- endmacro %}

{% macro oracle__local_date(utc_timestamp, zone) -%}
    cast(trunc(cast(from_tz({{ utc_timestamp }}, 'UTC') at time zone '{{ zone }}' as timestamp)) as date)
{%- endmacro %}

{% macro source_timezone(source_system) -%}
    {%- set declared = {'oslo': 'Europe/Oslo'} -%}
    {{ return(declared.get(source_system, env_var('OKR_TIMEZONE', 'UTC'))) }}
{%- endmacro %}

{% macro from_nothing() -%}
    {{ return(adapter.dispatch('from_nothing')()) }}
{%- endmacro %}

{% macro default__from_nothing() -%}{%- endmacro %}

{% macro oracle__from_nothing() -%}
    from dual
{%- endmacro %}

{% macro middle_date(first_date, last_date) -%}
    {{ return(adapter.dispatch('middle_date')(first_date, last_date)) }}
{%- endmacro %}

{% macro default__middle_date(first_date, last_date) -%}
    ({{ first_date }} + ({{ last_date }} - {{ first_date }} + 1) / 2)
{%- endmacro %}

{% macro oracle__middle_date(first_date, last_date) -%}
    cast(trunc({{ first_date }} + floor(({{ last_date }} - {{ first_date }} + 1) / 2)) as date)
{%- endmacro %}
