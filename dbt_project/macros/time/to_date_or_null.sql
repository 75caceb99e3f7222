{% macro date_pattern() -%}
[12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([12][0-9](0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)-02-29
{%- endmacro %}

{% macro time_pattern() -%}
([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?
{%- endmacro %}

{% macro zone_pattern() -%}
(Z|z|[-+](0[0-9]|1[0-4]):?[0-5][0-9]|[-+](0[0-9]|1[0-4]))
{%- endmacro %}

{% macro to_date_or_null(text) -%}
    case
        when {{ matches(text, '^(' ~ date_pattern() ~ ')([T ]' ~ time_pattern() ~ zone_pattern() ~ '?)?$') }}
            then to_date(substr({{ text }}, 1, 10), 'YYYY-MM-DD')
    end
{%- endmacro %}
