{# Share of the weight that has a value: what a weighted mean stands on. A missing weight is 1; no weight at all is null. #}
{% macro weighted_coverage(measure, weight) -%}
    {%- set known_weight = 'case when ' ~ measure ~ ' is not null then coalesce(' ~ weight ~ ', 1) else 0 end' -%}
    {{ as_share('sum(' ~ known_weight ~ ') / nullif(sum(coalesce(' ~ weight ~ ', 1)), 0)') }}
{%- endmacro %}
