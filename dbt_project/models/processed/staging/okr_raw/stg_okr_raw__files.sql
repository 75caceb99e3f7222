with files as (

    select * from {{ source('okr_raw', 'files') }}

),

renamed as (

    select
        file_id,
        source_instance,
        path,
        sha256,
        bytes,
        dataset,
        dataset_kind,
        nearest_dataset,
        missing_columns,
        known_at_basis,
        encoding,
        {{ json_as_text('dialect') }} as dialect,
        {{ json_as_text('header') }} as header,
        status,
        rows_read,
        rows_loaded,
        rows_rejected,
        rows_skipped,
        {{ json_as_text('skipped_by_kind') }} as skipped_by_kind,
        reason,
        publish_seq,
        {{ utc_timestamp('discovered_at') }} as discovered_at,
        {{ utc_timestamp('known_at') }} as known_at
    from files

)

select * from renamed
