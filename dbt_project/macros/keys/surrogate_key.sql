{% macro surrogate_key(expressions) -%}
    {%- set parts = [] -%}
    {%- for expression in expressions -%}
        {%- do parts.append("coalesce(cast(" ~ expression ~ " as varchar(4000)), '')") -%}
    {%- endfor -%}
    {{ md5_hex(parts | join(" || '|' || ")) }}
{%- endmacro %}

{% macro entity_key(identifier) -%}
    case when {{ identifier }} is not null then {{ surrogate_key(['source_system', 'source_instance', identifier]) }} end
{%- endmacro %}

{% macro md5_hex(text) -%}
    {{ return(adapter.dispatch('md5_hex')(text)) }}
{%- endmacro %}

{% macro default__md5_hex(text) -%}
    cast(md5({{ text }}) as varchar(32))
{%- endmacro %}

{% macro oracle__md5_hex(text) -%}
    cast(lower(rawtohex(standard_hash({{ text }}, 'MD5'))) as varchar(32))
{%- endmacro %}
