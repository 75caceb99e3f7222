{# Share of a cycle that has passed at the end of a day, days inclusive: (as_of - start + 1) / (end - start + 1), clamped. #}
{% macro elapsed_share(as_of, start_date, end_date) -%}
    {%- set passed = '(' ~ date_diff_days(as_of, start_date) ~ ' + 1)' -%}
    {%- set whole = '(' ~ date_diff_days(end_date, start_date) ~ ' + 1)' -%}
    cast(case
        when {{ start_date }} is null or {{ end_date }} is null or {{ end_date }} < {{ start_date }} then null
        when {{ passed }} <= 0 then 0
        when {{ passed }} >= {{ whole }} then 1
        else cast({{ passed }} as numeric(18, 6)) / {{ whole }}
    end as {{ type_share() }})
{%- endmacro %}
