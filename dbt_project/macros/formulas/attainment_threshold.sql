{# The score that counts as attained: 1.0 committed, 0.7 aspirational. Unknown stays null: it is never assumed. #}
{% macro attainment_threshold(commitment) -%}
    case {{ commitment }} when 'committed' then 1.0 when 'aspirational' then 0.7 end
{%- endmacro %}
