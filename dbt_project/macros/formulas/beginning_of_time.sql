{# The open start of an interval of knowledge: before anything was known. #}
{% macro beginning_of_time() -%} timestamp '0001-01-01 00:00:00' {%- endmacro %}
