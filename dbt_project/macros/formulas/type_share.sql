{# The numeric type of every share, score and ratio: six decimals, the same on both databases. #}
{% macro type_share() -%} numeric(38, 6) {%- endmacro %}
