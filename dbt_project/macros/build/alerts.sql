{% macro tell_alerts(results) -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'test', 'retry'] -%}
        {%- set raised = raised_alerts(results) -%}
        {%- set settled = settled_alerts(results) -%}
        {%- if raised or settled -%}
            {{ write_alerts(raised, settled) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro raised_alerts(results) -%}
    {%- set raised = [] -%}
    {%- for result in results -%}
        {%- set kind = alert_kind(result.node) -%}
        {%- if kind and result.status | string in ['error', 'fail', 'runtime error', 'partial success'] -%}
            {%- set alert = test_alert(result) if kind == 'test_failed' else model_alert(result) -%}
            {%- do raised.append(dict(alert, kind=kind, subject=result.node.name)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(raised) }}
{%- endmacro %}

{% macro settled_alerts(results) -%}
    {%- set good = {} -%}
    {%- for result in results -%}
        {%- if alert_kind(result.node) and result.status | string in ['success', 'pass', 'warn'] -%}
            {%- do good.update({alert_kind(result.node) ~ ' ' ~ result.node.name: true}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set there = {} -%}
    {%- for node in graph.nodes.values() -%}
        {%- do there.update({node.name: true}) -%}
    {%- endfor -%}
    {%- set query -%}
        select alerts.alert_id, alerts.kind, alerts.subject
        from {{ source('okr_ops', 'alerts') }} alerts
        where alerts.settled_at is null and alerts.kind in ('test_failed', 'model_failed')
    {%- endset -%}
    {%- set settled = [] -%}
    {%- for alert in run_query(query).rows -%}
        {#- What the project no longer has can never pass again. -#}
        {%- if (alert[1] ~ ' ' ~ alert[2]) in good or alert[2] not in there -%}
            {%- do settled.append(alert[0] | int) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(settled) }}
{%- endmacro %}

{% macro alert_kind(node) -%}
    {%- set kinds = {
        'test': 'test_failed', 'unit_test': 'test_failed', 'model': 'model_failed', 'seed': 'model_failed',
        'snapshot': 'model_failed'
    } -%}
    {{ return(kinds.get(node.resource_type | string)) }}
{%- endmacro %}

{% macro test_alert(result) -%}
    {%- set tested = tested_node(result.node) -%}
    {%- set owner = owner_of(result.node) or owner_of(tested) -%}
    {%- set has_rows = result.status | string == 'fail' and result.node.resource_type | string == 'test' -%}
    {%- set what = (result.failures ~ (' row' if result.failures == 1 else ' rows')) if has_rows
        else error_of(result) -%}
    {{ return({
        'owner': owner,
        'message': 'Test ' ~ result.node.name ~ ' failed on ' ~ (tested.name or 'no model') ~ ' (owner: '
            ~ (owner or 'nobody') ~ '): ' ~ what,
        'detail': {
            'model': tested.name,
            'failures': result.failures if has_rows else none,
            'error': none if has_rows else error_of(result),
            'build_id': invocation_id,
            'path': result.node.compiled_path or result.node.original_file_path
        },
        'failing_rows': result.node.compiled_code if has_rows else none
    }) }}
{%- endmacro %}

{% macro model_alert(result) -%}
    {%- set owner = owner_of(result.node) -%}
    {{ return({
        'owner': owner,
        'message': (result.node.resource_type | string | capitalize) ~ ' ' ~ result.node.name
            ~ ' failed (owner: ' ~ (owner or 'nobody') ~ '): ' ~ error_of(result),
        'detail': {
            'model': result.node.name,
            'error': error_of(result),
            'build_id': invocation_id,
            'path': result.node.original_file_path
        },
        'failing_rows': none
    }) }}
{%- endmacro %}

{% macro tested_node(test) -%}
    {%- set key = test.attached_node or test.tested_node_unique_id or (test.depends_on.nodes | first) -%}
    {{ return(graph.nodes.get(key) or graph.sources.get(key) or {}) }}
{%- endmacro %}

{% macro owner_of(node) -%}
    {%- set meta = node.config.meta if node.config else {} -%}
    {%- if meta and meta.get('owner') -%}
        {{ return(meta.get('owner') | string) }}
    {%- endif -%}
    {%- set group = node.group or (node.config.group if node.config else none) -%}
    {%- for known in graph.groups.values() if group and known.name == group -%}
        {{ return(known.owner.name or known.owner.email) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}

{% macro error_of(result) -%}
    {{ return((result.message or 'no reason was given') | trim | truncate(1500, true)) }}
{%- endmacro %}
