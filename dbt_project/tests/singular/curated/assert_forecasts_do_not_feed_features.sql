-- noqa: disable=LT02
-- What the model learns from must not descend from what it said: no ml_ model has a forecast among its ancestors.
{% set guilty = [] -%}
{% if execute -%}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.name.startswith('ml_') -%}
        {% set seen = [] -%}
        {% set waiting = node.depends_on.nodes | list -%}
        {% for step in range(2000) if waiting | length > 0 -%}
            {% set ancestor = waiting.pop() -%}
            {% if ancestor not in seen -%}
                {% do seen.append(ancestor) -%}
                {% if ancestor.startswith('source.') and ancestor.split('.')[2] == 'okr_ml' -%}
                    {% do guilty.append(node.name) -%}
                {% endif -%}
                {% if ancestor in graph.nodes -%}
                    {% do waiting.extend(graph.nodes[ancestor].depends_on.nodes) -%}
                {% endif -%}
            {% endif -%}
        {% endfor -%}
    {% endfor -%}
{% endif -%}
select files.path as guilty_model
from {{ ref('rpt_files') }} files
where 1 = 0
{% for name in guilty -%}
union all
select '{{ name }}' as guilty_model {{ from_nothing() }}
{% endfor %}
