with teams as (

    {{ current_versions(ref('int_teams_unioned'), 'team_key') }}

)

select
    teams.team_key,
    teams.source_system,
    teams.source_instance,
    teams.team_id,
    teams.team_name,
    teams.team_level,
    teams.parent_team_key,
    parents.team_name as parent_team_name,
    teams.known_at,
    teams.file_id,
    teams.row_number
from teams
left join teams parents
    on teams.parent_team_key = parents.team_key
