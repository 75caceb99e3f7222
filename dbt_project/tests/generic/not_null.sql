{# dbt's own shows the column alone, so that an alert would hold nothing but nulls. #}
{% test not_null(model, column_name) %}
    select * from {{ model }} where {{ column_name }} is null
{% endtest %}
