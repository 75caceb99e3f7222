with records as (

    select * from {{ ref('base_okr_raw__published_records') }}
    where dataset = 'tarides.team_objectives'

),

renamed as (

    select
        {{ record_columns() }},
        {{ cell('id') }} as item_id,
        {{ cell('title') }} as item_title,
        {{ cell('status') }} as status_raw,
        {{ cell('quarter') }} as cycle_label,
        {{ cell('team') }} as team_name,
        {{ cell('pillar') }} as pillar_name,
        {{ cell('objective') }} as objective_title,
        {{ cell('funder') }} as funder_name,
        {{ cell('labels') }} as labels,
        {{ to_number_or_null(cell('progress')) }} as progress_percent
    from records

)

select * from renamed
