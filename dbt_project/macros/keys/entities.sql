{% macro entity_columns(entity) -%}
    {%- set text = 'varchar(4000)' -%}
    {%- set amount = type_amount() -%}
    {{ return({
        'cycle': [
            ('cycle_name', text), ('cadence', text), ('start_date', 'date'), ('end_date', 'date'),
            ('parent_cycle_key', 'key'),
        ],
        'team': [('team_name', text), ('team_level', text), ('parent_team_key', 'key')],
        'person': [('person_name', text), ('email', text), ('team_key', 'key'), ('is_active', 'integer')],
        'objective': [
            ('cycle_key', 'key'), ('team_key', 'key'), ('objective_title', text), ('description', text),
            ('owner_name', text), ('parent_objective_key', 'key'), ('lifecycle', text),
        ],
        'key_result': [
            ('objective_key', 'key'), ('key_result_title', text), ('key_result_kind', text), ('unit', text),
            ('start_value', amount), ('target_value', amount), ('lower_bound', amount), ('upper_bound', amount),
            ('weight', amount), ('commitment', text), ('owner_name', text), ('priority', text), ('lifecycle', text),
            ('predecessor_key', 'key'), ('reported_progress', amount),
        ],
        'check_in': [
            ('key_result_key', 'key'), ('check_in_value', amount), ('reported_progress', amount),
            ('confidence', amount), ('projected_score', amount), ('status_vocabulary', text), ('status_raw', text),
            ('comment_text', text), ('author_name', text), ('is_state', 'integer'),
        ],
        'score': [
            ('key_result_key', 'key'), ('score', amount), ('outcome', text), ('graded_at', 'timestamp'),
            ('graded_by', text), ('score_method', text),
        ],
    }[entity]) }}
{%- endmacro %}

{% macro map_to(entity, expressions) -%}
    {%- set common = [
        ('snapshot_scope', 'varchar(4000)'), ('event_date', 'date'), ('true_from', 'date'),
        ('recorded_at', 'timestamp'), ('is_deleted', 'integer'), (entity ~ '_id', 'varchar(4000)'),
    ] -%}
    {%- set known = common + entity_columns(entity) -%}
    {%- for name in expressions if name not in (known | map(attribute=0) | list) -%}
        {{ exceptions.raise_compiler_error(entity ~ ' has no column ' ~ name) }}
    {%- endfor -%}
    {{ record_columns() }},
    {%- for name, data_type in known %}
        {% if data_type == 'key' -%}
            {%- if name in expressions -%}
                {{ entity_key(expressions[name]) }} as {{ name }}
            {%- else -%}
                cast(null as varchar(32)) as {{ name }}
            {%- endif -%}
        {%- else -%}
            cast({{ expressions.get(name, '0' if name in ['is_deleted', 'is_state'] else 'null') }} as {{ data_type }}) as {{ name }}
        {%- endif -%}
        {{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro union_mapped(entities, sources) -%}
    {%- for source_system in sources %}
        select * from {{ ref('int_' ~ source_system ~ '_' ~ entities ~ '_mapped') }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
