{# A JSON object as text. pairs: (name, expression) or (name, expression, 'json') where the expression is JSON text already. #}
{% macro json_document(pairs) -%}
    {{ return(adapter.dispatch('json_document')(pairs)) }}
{%- endmacro %}

{% macro default__json_document(pairs) -%}
    cast(json_build_object(
        {%- for pair in pairs %}
        '{{ pair[0] }}', {% if pair | length > 2 -%} cast({{ pair[1] }} as json) {%- else -%} {{ pair[1] }} {%- endif -%}
        {{ ',' if not loop.last }}
        {%- endfor %}
    ) as text)
{%- endmacro %}

{% macro oracle__json_document(pairs) -%}
    json_object(
        {%- for pair in pairs %}
        '{{ pair[0] }}' value {{ pair[1] }}{{ ' format json' if pair | length > 2 }}{{ ',' if not loop.last }}
        {%- endfor %}
        returning clob
    )
{%- endmacro %}
