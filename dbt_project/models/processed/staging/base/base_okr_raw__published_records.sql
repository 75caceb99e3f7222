with publications as (

    select * from {{ source('okr_raw', 'publications') }}
    where publish_seq <= {{ build_bound() }}

),

files as (

    select * from {{ source('okr_raw', 'files') }}

),

arrivals as (

    select * from {{ source('okr_raw', 'arrivals') }}

),

records as (

    select * from {{ source('okr_raw', 'records') }}

),

rejects as (

    select * from {{ source('okr_raw', 'rejects') }}

),

ordered_publications as (

    select
        publications.*,
        lag(publications.action) over (
            partition by publications.file_id
            order by publications.publish_seq
        ) as previous_action,
        min(case when publications.action = 'retract' then publications.publish_seq end) over (
            partition by publications.file_id
            order by publications.publish_seq
            rows between 1 following and unbounded following
        ) as retract_seq,
        min(case when publications.action = 'retract' then publications.known_at end) over (
            partition by publications.file_id
            order by publications.publish_seq
            rows between 1 following and unbounded following
        ) as retracted_at
    from publications

),

-- A publication says as what it took the rows: a file that is reclassified later keeps its older answers.
classified_publications as (

    select
        ordered_publications.*,
        files.source_instance,
        files.known_at_basis,
        files.header,
        coalesce(ordered_publications.dataset, files.dataset) as taken_for,
        coalesce(
            case
                when ordered_publications.dataset is not null then ordered_publications.dataset_kind
                else files.dataset_kind
            end,
            'append'
        ) as taken_for_kind
    from ordered_publications
    inner join files
        on ordered_publications.file_id = files.file_id

),

-- An event happens once however often its file comes back; a state of things holds anew each time.
published_files as (

    select
        publications.file_id,
        publications.source_instance,
        publications.taken_for as dataset,
        publications.taken_for_kind as dataset_kind,
        publications.known_at_basis,
        publications.header,
        publications.cell_names,
        arrivals.path,
        arrivals.snapshot_date,
        publications.publish_seq,
        publications.known_at,
        publications.retract_seq,
        publications.retracted_at,
        case
            when publications.action = 'replay' and publications.taken_for_kind <> 'snapshot' then 1
            else 0
        end as brings_replayed_only
    from classified_publications publications
    left join arrivals
        on publications.arrival_id = arrivals.arrival_id
    where publications.action = 'replay'
        or (
            publications.action = 'publish'
            and (
                publications.taken_for_kind = 'snapshot'
                or coalesce(publications.previous_action, 'retract') = 'retract'
            )
        )

)

select
    {{ before_the_dot('published_files.dataset') }} as source_system,
    published_files.source_instance,
    published_files.dataset,
    published_files.dataset_kind,
    published_files.path,
    published_files.header,
    records.file_id,
    records.row_number,
    records.line_number,
    published_files.publish_seq,
    {{ utc_timestamp('published_files.known_at') }} as published_at,
    published_files.retract_seq,
    {{ utc_timestamp('published_files.retracted_at') }} as retracted_at,
    published_files.known_at_basis,
    coalesce(
        published_files.snapshot_date,
        {{ local_date(utc_timestamp('published_files.known_at'), env_var('OKR_TIMEZONE', 'UTC')) }}
    ) as snapshot_date,
    {{ renamed_cells('records.cells', 'published_files.cell_names') }} as cells
from published_files
inner join records
    on published_files.file_id = records.file_id
-- A row that was rejected at first counts from the publication that replayed it.
left join rejects
    on records.file_id = rejects.file_id
    and records.row_number = rejects.row_number
where (published_files.brings_replayed_only = 1 and rejects.publish_seq = published_files.publish_seq)
    or (
        published_files.brings_replayed_only = 0
        and coalesce(rejects.publish_seq, 0) <= published_files.publish_seq
    )
