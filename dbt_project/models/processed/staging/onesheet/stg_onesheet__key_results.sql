with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'onesheet.key_results'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell(['Key Result ID', 'Key result ID', 'kr_id']) }} as key_result_number,
        {{ cell(['Objective', 'objective', 'OBJECTIVE']) }} as objective_title,
        {{ cell(['Key Result', 'Key result', 'key_result', 'kr', 'KR']) }} as key_result_title,
        {{ cell(['Quarter', 'quarter', 'Cycle', 'Period']) }} as cycle_label,
        {{ cell(['Owner', 'owner']) }} as owner_name,
        {{ cell(['Department', 'dept']) }} as department_name,
        {{ cell(['Department Code', 'dept_code']) }} as department_code,
        {{ cell(['Progress', 'progress', 'progress_pct', 'Progress %']) }} as progress_raw,
        {{ to_number_or_null(cell(['progress_pct', 'Progress %'])) }} as progress_percent,
        {{ to_number_or_null(cell(['Progress', 'progress'])) }} as progress_number,
        {{ cell(['Status', 'status']) }} as status_raw,
        {{ to_number_or_null(cell(['Confidence', 'confidence'])) }} as confidence_number,
        lower({{ cell(['Confidence', 'confidence']) }}) as confidence_raw,
        {{ cell(['Unit', 'unit', 'metric_unit']) }} as unit,
        {{ to_number_or_null(cell(['Baseline', 'baseline_value', 'Start Value', 'Starting Value'])) }} as start_value,
        {{ to_number_or_null(cell(['Target', 'target_value', 'Target Value'])) }} as target_value,
        {{ to_number_or_null(cell(['Current Value', 'Current'])) }} as current_value,
        lower({{ cell(['Direction', 'direction']) }}) as direction,
        {{ cell(['Due', 'due_week', 'Due Date']) }} as due_raw,
        {{ cell(['Comments', 'Comment', 'Notes']) }} as comment_text,
        {{ to_timestamp_or_null(cell(['Updated', 'updated_at', 'Last Updated'])) }} as updated_at
    from records

)

select * from renamed
