{% macro renewed_staging(results) -%}
    {#- What did not end well, or was left out, spoils all it was made from. -#}
    {%- set good = {} -%}
    {%- for result in results if result.status | string in ['success', 'pass', 'warn', 'no-op'] -%}
        {%- do good.update({result.node.unique_id: true}) -%}
    {%- endfor -%}
    {%- set to_spoil = [] -%}
    {%- for node in graph.nodes.values() if is_of_every_build(node) and node.unique_id not in good -%}
        {%- do to_spoil.append(node.unique_id) -%}
    {%- endfor -%}
    {%- set spoiled = {} -%}
    {%- for round in range(graph.nodes | length) if to_spoil -%}
        {%- set fresh = [] -%}
        {%- for unique_id in to_spoil if unique_id not in spoiled -%}
            {%- do spoiled.update({unique_id: true}) -%}
            {%- do fresh.extend(graph.nodes.get(unique_id, {}).get('depends_on', {}).get('nodes', [])) -%}
        {%- endfor -%}
        {%- do to_spoil.clear() -%}
        {%- do to_spoil.extend(fresh) -%}
    {%- endfor -%}
    {%- set renewed = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type | string == 'model' and 'staging' in node.fqn -%}
        {%- if node.unique_id not in spoiled -%}
            {%- do renewed.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(renewed | sort) }}
{%- endmacro %}

{% macro is_of_every_build(node) -%}
    {%- if node.resource_type | string not in ['model', 'seed', 'snapshot', 'test'] or 'forecast' in node.tags -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for unique_id in node.depends_on.nodes if 'forecast' in graph.nodes.get(unique_id, {}).get('tags', []) -%}
        {{ return(false) }}
    {%- endfor -%}
    {{ return(true) }}
{%- endmacro %}

{% macro shows_forecasts_only() -%}
    {%- for unique_id in selected_resources if graph.nodes.get(unique_id) and is_of_every_build(graph.nodes[unique_id]) -%}
        {{ return(false) }}
    {%- endfor -%}
    {{ return(selected_resources | length > 0) }}
{%- endmacro %}
