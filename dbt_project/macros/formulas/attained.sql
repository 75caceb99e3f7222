{# 1 or 0: did a graded key result reach the score its commitment asks for? Dropped and carried forward are censored, not
   failed: null. A commitment unknown: null. A grade in words only: achieved 1, missed 0, partial 0 if it was committed. #}
{% macro attained(score, outcome, commitment) -%}
    case
        when {{ outcome }} in ('dropped', 'carried_forward') then null
        when {{ commitment }} is null then null
        when {{ score }} is not null
            then case when {{ score }} >= {{ attainment_threshold(commitment) }} then 1 else 0 end
        when {{ outcome }} = 'achieved' then 1
        when {{ outcome }} = 'missed' then 0
        when {{ outcome }} = 'partial' and {{ commitment }} = 'committed' then 0
    end
{%- endmacro %}
