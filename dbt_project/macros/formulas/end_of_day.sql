{# The instant (UTC) at which a day of the organisation (OKR_TIMEZONE) is over. #}
{% macro end_of_day(day) -%}
    {{ return(adapter.dispatch('end_of_day')(day, env_var('OKR_TIMEZONE', 'UTC'))) }}
{%- endmacro %}

{% macro default__end_of_day(day, zone) -%}
    ((cast({{ date_add_days(day, 1) }} as timestamp) at time zone '{{ zone }}') at time zone 'UTC')
{%- endmacro %}

{% macro oracle__end_of_day(day, zone) -%}
    cast(sys_extract_utc(from_tz(cast({{ date_add_days(day, 1) }} as timestamp), '{{ zone }}')) as timestamp)
{%- endmacro %}
