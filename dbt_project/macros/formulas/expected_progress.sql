{# Progress that the calendar asks for. metric: elapsed, times 0.7 for an aspirational key result (its score is expected
   to end there). milestone: the same in whole steps of one milestone. Binary and control kinds have no linear
   expectation: null. #}
{% macro expected_progress(kind, commitment, elapsed, start_value, target_value) -%}
    {%- set share = elapsed ~ ' * coalesce(' ~ attainment_threshold(commitment) ~ ', 1)' -%}
    {%- set steps = 'abs(' ~ target_value ~ ' - coalesce(' ~ start_value ~ ', 0))' -%}
    cast(case
        when {{ kind }} in ('binary', 'maintain_at_least', 'stay_at_most', 'range') then null
        when {{ kind }} = 'milestone' and {{ steps }} > 1
            then floor({{ share }} * {{ steps }}) / {{ steps }}
        else {{ share }}
    end as {{ type_share() }})
{%- endmacro %}
