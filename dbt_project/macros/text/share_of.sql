{% macro share_of(number, raw, unit) -%}
    case
        when {{ matches(raw, '%') }} then {{ number }} / 100
        when {{ unit }} = 'percent' then {{ number }} / 100
        when {{ unit }} = 'tenths' then {{ number }} / 10
        when {{ unit }} = 'fraction' then {{ number }}
    end
{%- endmacro %}
