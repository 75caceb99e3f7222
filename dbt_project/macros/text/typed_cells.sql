{% macro typed_cells() -%}
    {{ return({
        'template.cycles': {'required': ['cycle_id'], 'date': ['start_date', 'end_date']},
        'template.teams': {'required': ['team_id']},
        'template.people': {'required': ['person_id'], 'flag': ['is_active']},
        'template.objectives': {
            'required': ['objective_id', 'effective_date'], 'date': ['effective_date'], 'time': ['recorded_at'],
        },
        'template.key_results': {
            'required': ['key_result_id', 'objective_id', 'effective_date'],
            'number': ['start_value', 'target_value', 'lower_bound', 'upper_bound', 'weight'],
            'date': ['effective_date'], 'time': ['recorded_at'],
        },
        'template.key_result_changes': {
            'required': ['action', 'key_result_id', 'effective_date'], 'action': ['action'],
            'number': ['start_value', 'target_value', 'lower_bound', 'upper_bound', 'weight'],
            'date': ['effective_date'], 'time': ['recorded_at'],
        },
        'template.check_ins': {
            'required': ['key_result_id', 'check_in_date'],
            'number': ['value'], 'tenths': ['confidence'], 'date': ['check_in_date'], 'time': ['recorded_at'],
            'flag': ['is_deleted'],
        },
        'template.scores': {'required': ['key_result_id', 'graded_at'], 'number': ['score'], 'time': ['graded_at', 'recorded_at']},
        'onesheet.key_results': {
            'number': [
                'Progress', 'progress', 'progress_pct', 'Progress %', 'Baseline', 'baseline_value', 'Start Value',
                'Starting Value', 'Target', 'target_value', 'Target Value', 'Current Value', 'Current',
            ],
            'time': ['Updated', 'updated_at', 'Last Updated'],
        },
        'onesheet.check_ins': {'number': ['Value'], 'date': ['Date']},
        'oslo.organizations': {'flag': ['archived'], 'time': ['created', 'edited']},
        'oslo.departments': {'flag': ['archived'], 'time': ['created', 'edited']},
        'oslo.products': {'flag': ['archived'], 'time': ['created', 'edited']},
        'oslo.periods': {
            'number': ['progression'], 'flag': ['archived'], 'time': ['startDate', 'endDate', 'created', 'edited'],
        },
        'oslo.objectives': {'number': ['weight', 'progression'], 'flag': ['archived'], 'time': ['created', 'edited']},
        'oslo.key_results': {
            'number': ['weight', 'startValue', 'targetValue', 'currentValue', 'progression'],
            'flag': ['archived'], 'time': ['created', 'edited'],
        },
        'oslo.key_result_progress': {'number': ['value'], 'flag': ['archived'], 'time': ['timestamp', 'created']},
        'oslo.kpis': {'number': ['currentValue'], 'flag': ['archived'], 'time': ['created', 'edited']},
        'oslo.kpi_progress': {'number': ['value'], 'time': ['timestamp']},
        'gitlab.okr_items': {'number': ['line', 'depth', 'outcome_pct'], 'flag': ['is_leaf']},
        'gitlab.performance_indicators': {'number': ['health_level'], 'flag': ['is_key', 'public']},
        'ipfs.key_results': {'number': ['mid_q_raw', 'projected_raw', 'final_raw'], 'flag': ['struck_through']},
        'tarides.team_objectives': {'number': ['progress']},
        'metricor.okrs': {'date': ['Last_Updated']},
        'metricor.features': {'number': ['Progress_Percent'], 'date': ['Updated']},
        'metricor.stories': {'date': ['Last_Updated'], 'flag': ['Blocker']},
    }) }}
{%- endmacro %}

{% macro cast_reasons() -%}
    {{ return({
        'required': 'is empty',
        'number': 'is no number',
        'tenths': 'is no number from 0 to 10',
        'date': 'is no date of the form YYYY-MM-DD',
        'time': 'is no ISO 8601 date and time',
        'flag': 'is neither true nor false',
        'action': 'is none of the words for add, update and delete',
    }) }}
{%- endmacro %}

{% macro cast_failed(text, data_type) -%}
    {%- if data_type == 'required' -%}
        {{ text }} is null
    {%- elif data_type == 'number' -%}
        {{ to_number_or_null(text) }} is null
    {%- elif data_type == 'tenths' -%}
        coalesce({{ to_number_or_null(text) }}, -1) not between 0 and 10
    {%- elif data_type == 'date' -%}
        {{ to_date_or_null(text) }} is null
    {%- elif data_type == 'time' -%}
        {{ to_timestamp_or_null(text) }} is null
    {%- elif data_type == 'action' -%}
        {{ change_action(text) }} is null
    {%- elif data_type == 'flag' -%}
        {{ flag_or_null(text) }} is null
    {%- endif -%}
{%- endmacro %}

{% macro named_cells(kinds) -%}
    {%- set cells = [] -%}
    {%- for data_type, names in kinds.items() -%}
        {%- for name in names -%}
            {%- do cells.append((name, data_type)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(cells) }}
{%- endmacro %}
