{# sum(weight x value) / sum(weight) over rows that have a value; a missing weight is 1; weights that sum to 0 give null. #}
{% macro weighted_mean(measure, weight) -%}
    {%- set known_weight = 'case when ' ~ measure ~ ' is not null then coalesce(' ~ weight ~ ', 1) end' -%}
    {{ as_share('sum(' ~ measure ~ ' * coalesce(' ~ weight ~ ', 1)) / nullif(sum(' ~ known_weight ~ '), 0)') }}
{%- endmacro %}
