{# An expression as a share: see type_share. #}
{% macro as_share(x) -%} cast({{ x }} as {{ type_share() }}) {%- endmacro %}
