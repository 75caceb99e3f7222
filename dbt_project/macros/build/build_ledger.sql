{% macro makes_a_build() -%}
    {{ return(execute and flags.WHICH in ['build', 'run', 'retry']) }}
{%- endmacro %}

{% macro build_bound() -%}
    (select max(builds.publish_seq) from {{ source('okr_ops', 'builds') }} builds)
{%- endmacro %}

{% macro open_build() -%}
    {%- if makes_a_build() -%}
        insert into {{ source('okr_ops', 'builds') }} (build_id, as_of_date, publish_seq, started_at, renewed)
        select
            '{{ invocation_id }}',
            {{ as_of_date() }},
            coalesce(max(bounds.publish_seq), 0),
            current_timestamp,
            {{ 'null' if shows_forecasts_only() else "'[]'" }}
        {#- What only shows the forecasts reads no new file, and must not let staging see one. #}
        from {{ source('okr_ops', 'builds') if shows_forecasts_only() else source('okr_raw', 'publications') }} bounds
    {%- endif -%}
{%- endmacro %}

{% macro close_build(results) -%}
    {%- if makes_a_build() -%}
        {%- set counts = build_counts(results) -%}
        {%- do run_query(finished_build(counts, results)) -%}
        {#- What only shows the forecasts follows from training and scoring: telling of it would start them again. -#}
        {%- if counts.models > counts.of_forecasts and not counts.failures -%}
            {{ build_signal(counts) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro build_counts(results) -%}
    {%- set counts = {'models': 0, 'of_forecasts': 0, 'tests': 0, 'failures': 0} -%}
    {%- for result in results -%}
        {%- set status = result.status | string -%}
        {%- if status in ['error', 'fail', 'runtime error', 'partial success'] -%}
            {%- do counts.update({'failures': counts.failures + 1}) -%}
        {%- endif -%}
        {%- if result.node.resource_type == 'model' and status == 'success' -%}
            {%- do counts.update({'models': counts.models + 1}) -%}
            {%- if 'forecast' in result.node.tags -%}
                {%- do counts.update({'of_forecasts': counts.of_forecasts + 1}) -%}
            {%- endif -%}
        {%- elif result.node.resource_type in ['test', 'unit_test'] and status != 'skipped' -%}
            {%- do counts.update({'tests': counts.tests + 1}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(counts) }}
{%- endmacro %}

{% macro finished_build(counts, results) -%}
    update {{ source('okr_ops', 'builds') }}
    set
        finished_at = current_timestamp,
        models = {{ counts.models }},
        tests = {{ counts.tests }},
        failures = {{ counts.failures }}
        {%- if not shows_forecasts_only() %},
        renewed = '{{ tojson(renewed_staging(results)) }}'
        {%- endif %}
    where build_id = '{{ invocation_id }}'
{%- endmacro %}
