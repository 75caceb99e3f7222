{# What a row of a change set does; the words are those that ingestion/datasets.yml declares, which a test compares. #}
{% macro change_words() -%}
    {{ return({
        'add': ['add', 'added', 'create', 'new'],
        'update': ['update', 'updated', 'change', 'edit'],
        'delete': ['delete', 'deleted', 'remove'],
    }) }}
{%- endmacro %}

{% macro change_action(text) -%}
    case
        {%- for action, words in change_words().items() %}
        when lower({{ text }}) in ('{{ words | join("', '") }}') then '{{ action }}'
        {%- endfor %}
    end
{%- endmacro %}
