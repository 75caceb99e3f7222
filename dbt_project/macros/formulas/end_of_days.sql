{# The open end of an interval of days. #}
{% macro end_of_days() -%} date '9999-12-31' {%- endmacro %}
