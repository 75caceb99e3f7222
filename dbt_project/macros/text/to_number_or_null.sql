{% macro number_pattern() -%}
^[-+]?[$]?([0-9]{1,18}|[0-9]{1,3}(,[0-9]{3}){1,5})?([.][0-9]{0,30})?( ?%)?$
{%- endmacro %}

{% macro to_number_or_null(text) -%}
    case
        when {{ matches(text, number_pattern()) }} and {{ matches(text, '[0-9]') }}
            then cast(regexp_replace({{ text }}, '[$,% ]', ''{{ all_occurrences() }}) as {{ type_amount() }})
        when {{ matches(text, '^[-+]?[0-9]([.][0-9]{1,17})?[eE][-+]?[0-9]{1,2}$') }} and not {{ matches(text, '[eE][+]?[1-9][0-9]$') }}
            then cast({{ text }} as {{ type_amount() }})
    end
{%- endmacro %}

{% macro type_amount() -%}
    numeric(28, 10)
{%- endmacro %}

{% macro matches(text, pattern) -%}
    regexp_like({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro all_occurrences() -%}
    {{ return(adapter.dispatch('all_occurrences')()) }}
{%- endmacro %}

{% macro default__all_occurrences() -%}
    , 'g'
{%- endmacro %}

{% macro oracle__all_occurrences() -%}{%- endmacro %}
