with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'ipfs.key_results'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('cycle') }} as cycle_label,
        {{ cell('objective') }} as objective_title,
        {{ cell('key_result') }} as key_result_title,
        {{ cell('assignee') }} as owner_name,
        upper({{ cell('priority') }}) as priority,
        {{ flag_or_null(cell('struck_through')) }} as is_struck_through,
        {{ to_number_or_null(cell('mid_q_raw')) }} as mid_quarter_score,
        {{ to_number_or_null(cell('projected_raw')) }} as projected_score,
        {{ to_number_or_null(cell('final_raw')) }} as final_score
    from records

)

select * from renamed
