{# The open start of an interval of days. #}
{% macro beginning_of_days() -%} date '0001-01-01' {%- endmacro %}
