{% macro as_of_day() -%}
    {%- set given = env_var('OKR_AS_OF', '') | trim -%}
    {%- if given -%}
        {{ return(given) }}
    {%- endif -%}
    {%- set zone = modules.pytz.timezone(env_var('OKR_TIMEZONE', 'UTC')) -%}
    {{ return(run_started_at.astimezone(zone).strftime('%Y-%m-%d')) }}
{%- endmacro %}

{% macro as_of_date() -%}
    date '{{ as_of_day() }}'
{%- endmacro %}
