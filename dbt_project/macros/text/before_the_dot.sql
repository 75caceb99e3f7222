{% macro before_the_dot(text) -%}
    regexp_replace({{ text }}, '[.].*$', '')
{%- endmacro %}
