{# A JSON object as text. pairs: (name, expression), (name, expression, 'number') for a number that is written without
   trailing zeros, or (name, expression, 'json') where the expression is JSON text already. #}
{% macro json_document(pairs) -%}
    {{ return(adapter.dispatch('json_document')(pairs)) }}
{%- endmacro %}

{% macro default__json_document(pairs) -%}
    cast(json_build_object(
        {%- for pair in pairs %}
        {%- set form = pair[2] if pair | length > 2 else '' %}
        '{{ pair[0] }}', {% if form == 'json' -%} cast({{ pair[1] }} as json)
        {%- elif form == 'number' -%} trim_scale({{ pair[1] }})
        {%- else -%} {{ pair[1] }} {%- endif -%}
        {{ ',' if not loop.last }}
        {%- endfor %}
    ) as text)
{%- endmacro %}

{% macro oracle__json_document(pairs) -%}
    json_object(
        {%- for pair in pairs %}
        '{{ pair[0] }}' value {{ pair[1] }}{{ ' format json' if pair | length > 2 and pair[2] == 'json' }}{{ ',' if not loop.last }}
        {%- endfor %}
        returning clob
    )
{%- endmacro %}
