{# The pace rule in words: gap below 16.5 points on_track, up to 33 behind, above at_risk; achieved at the whole target;
   grace in the first tenth of a cycle; no_data without a number, no_expectation for kinds without a linear one. #}
{% macro pace_zone(expected, actual, elapsed) -%}
    case
        when {{ actual }} >= 1 then 'achieved'
        when {{ actual }} is null then 'no_data'
        when {{ expected }} is null then 'no_expectation'
        when {{ elapsed }} < 0.1 then 'grace'
        when {{ expected }} - {{ actual }} > 0.33 then 'at_risk'
        when {{ expected }} - {{ actual }} >= 0.165 then 'behind'
        else 'on_track'
    end
{%- endmacro %}
