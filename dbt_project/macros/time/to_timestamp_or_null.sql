{% macro to_timestamp_or_null(text) -%}
    case
        when {{ matches(text, '^(' ~ date_pattern() ~ ')$') }}
            then cast(to_date({{ text }}, 'YYYY-MM-DD') as timestamp)
        when {{ matches(text, '^(' ~ date_pattern() ~ ')[T ]' ~ time_pattern() ~ '$') }}
            then {{ iso_to_utc(text ~ " || 'Z'") }}
        when {{ matches(text, '^(' ~ date_pattern() ~ ')[T ]' ~ time_pattern() ~ zone_pattern() ~ '$') }}
            then {{ iso_to_utc(text) }}
    end
{%- endmacro %}

{% macro iso_to_utc(text) -%}
    {{ return(adapter.dispatch('iso_to_utc')(text)) }}
{%- endmacro %}

{% macro default__iso_to_utc(text) -%}
    {{ utc_timestamp('cast(' ~ text ~ ' as timestamp with time zone)') }}
{%- endmacro %}

{% macro oracle__iso_to_utc(text) -%}
    cast(sys_extract_utc(to_timestamp_tz(
        regexp_replace(regexp_replace(regexp_replace(replace(replace(replace({{ text }}, 'T', ' '), 'Z', '+00:00'), 'z', '+00:00'),
            '([-+][0-9]{2})([0-9]{2})$', '\1:\2'), '( [0-9:.]+[-+][0-9]{2})$', '\1:00'), '( [0-9]{2}:[0-9]{2})([-+])', '\1:00\2'),
        'YYYY-MM-DD HH24:MI:SS.FF TZH:TZM'
    )) as timestamp)
{%- endmacro %}
