"""Business units, their trees of teams and their people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from stack.sample.cycles import Quarter
from stack.sample.names import FAMILY_NAMES, GIVEN_NAMES, mail_address

__all__ = ["Person", "Team", "Unit", "build_units"]

Departments = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
Node = tuple[str, str, str, str]
"""Name, level (of a team: its department), function and status vocabulary."""

RETAIL: Departments = (
    ("Product", (
        ("Checkout", "product"), ("Search and Discovery", "product"), ("Mobile Apps", "product"),
        ("Subscriptions", "product"),
    )),
    ("Growth", (("Acquisition", "marketing"), ("Lifecycle Mail", "marketing"), ("Brand", "marketing"))),
    ("Customer Care", (
        ("Contact Centre", "support"), ("Self-Service", "support"), ("Returns", "operations"),
    )),
)  # fmt: skip
BUSINESS: Departments = (
    ("Sales", (("New Business", "sales"), ("Key Accounts", "sales"), ("Partner Sales", "sales"))),
    ("Customer Success", (("Onboarding", "success"), ("Renewals", "success"), ("Field Services", "success"))),
    ("Solutions", (("Payments", "product"), ("Integrations", "engineering"), ("Insights", "data"))),
)
OPERATIONS: Departments = (
    ("Engineering", (
        ("Platform", "reliability"), ("Developer Experience", "engineering"), ("Security", "security"),
        ("Data Platform", "data"),
    )),
    ("Supply Chain", (
        ("Warehousing", "operations"), ("Transport", "operations"), ("Procurement", "finance"),
    )),
    ("Corporate", (("Accounting", "finance"), ("People and Culture", "people"), ("Talent", "people"))),
)  # fmt: skip
BLUEPRINTS: tuple[tuple[str, str, str, tuple[str, ...], Departments], ...] = (
    ("retail", "Retail and Apps", "Europe/Berlin", ("asana", "atlassian", "mooncamp"), RETAIL),
    ("business", "Business Services", "Europe/London", ("gitlab", "koan", "viva"), BUSINESS),
    (
        "operations",
        "Operations and Technology",
        "America/Toronto",
        ("engagedly", "profit", "engagedly"),
        OPERATIONS,
    ),
)
"""Folder, name, time zone, status vocabulary by department, departments with their teams and functions."""

REGIONS = ("", "North", "South", "East", "West", "Central")


@dataclass(eq=False)
class Person:
    """Someone who owns objectives and key results."""

    person_id: str
    name: str
    email: str
    joined: date
    left: date | None
    bias: float
    """Optimism of this owner beyond everyone's, on the latent scale."""

    def works_on(self, day: date) -> bool:
        """Whether the person is there on that day."""
        return self.joined <= day and (self.left is None or day < self.left)


@dataclass(eq=False)
class Team:
    """A node of the tree of teams."""

    team_id: str
    name: str
    level: str
    parent: Team | None
    function: str
    vocabulary: str
    ability: float
    """What the team adds to the reach of its key results."""
    bias: float
    """Optimism of the whole team beyond everyone's."""
    discipline: float
    """Chance that a due check-in is made."""
    grading_days: float
    """Typical days from the end of a cycle to its grades."""
    weekday: int
    """Day of the weekly check-in, Monday = 0."""
    people: list[Person] = field(default_factory=list)

    def staff(self, day: date) -> list[Person]:
        """Who is in the team on that day; never empty."""
        return [person for person in self.people if person.works_on(day)] or self.people[:1]


@dataclass(eq=False)
class Unit:
    """A business unit: one source instance with a tool of its own."""

    instance: str
    name: str
    zone: ZoneInfo
    teams: list[Team]


def build_units(
    rng: np.random.Generator, team_count: int, quarters: list[Quarter], team_bias: float, owner_bias: float
) -> list[Unit]:
    """Draw the business units with `team_count` teams in all; people come and go over the quarters."""
    sizes = [team_count // 3 + (1 if place < team_count % 3 else 0) for place in range(3)]
    units = []
    for (instance, name, zone, vocabularies, plan), size in zip(BLUEPRINTS, sizes, strict=True):
        nodes = _tree(name, vocabularies, plan, size)
        units.append(Unit(instance, name, ZoneInfo(zone), [_team(rng, node, team_bias) for node in nodes]))
        _connect(units[-1])
    taken: set[str] = set()
    for unit in units:
        _hire(rng, unit, quarters, owner_bias, taken)
    return units


def _tree(name: str, vocabularies: tuple[str, ...], departments: Departments, size: int) -> list[Node]:
    """`size` nodes: the unit, its departments, then teams by turns, with regions once all names are used."""
    nodes = [(name, "company", "company", vocabularies[0])]
    for (department, teams), vocabulary in zip(departments, vocabularies, strict=True):
        nodes.append((department, "department", teams[0][1], vocabulary))
    widest = max(len(teams) for _, teams in departments)
    for place in range(size):
        region, row = divmod(place // len(departments), widest)
        department, teams = departments[place % len(departments)]
        if row >= len(teams):
            continue
        label = teams[row][0] if region == 0 else f"{teams[row][0]} {_region(region)}"
        nodes.append((label, department, teams[row][1], vocabularies[place % len(departments)]))
    return nodes[:size] if len(nodes) >= size else _stretch(nodes, size)


def _stretch(nodes: list[Node], size: int) -> list[Node]:
    teams = nodes[4:]
    extra = [(f"{teams[place % len(teams)][0]} {place // len(teams) + 2}", *teams[place % len(teams)][1:])
             for place in range(size - len(nodes))]  # fmt: skip
    return nodes + extra


def _region(number: int) -> str:
    return REGIONS[number] if number < len(REGIONS) else f"Region {number}"


def _team(rng: np.random.Generator, node: Node, bias: float) -> Team:
    name, level, function, vocabulary = node
    ability = float(rng.normal(0, 0.5))
    return Team(
        team_id=name.lower().replace(" and ", " ").replace(" ", "-"),
        name=name,
        level=level,
        parent=None,
        function=function,
        vocabulary=vocabulary,
        ability=ability,
        bias=bias * (-0.75 * ability / 0.5 + 0.66 * float(rng.normal())),
        discipline=float(rng.uniform(0.72, 0.97)),
        grading_days=float(rng.uniform(4, 16)),
        weekday=int(rng.choice(5, p=(0.2, 0.1, 0.15, 0.15, 0.4))),
    )


def _connect(unit: Unit) -> None:
    """Put departments under the unit and teams under their department (its name is their level so far)."""
    departments = {team.name: team for team in unit.teams if team.level == "department"}
    for team in unit.teams[1:]:
        if team.level == "department":
            team.parent = unit.teams[0]
        else:
            team.parent, team.level = departments[team.level], "team"


def _hire(
    rng: np.random.Generator, unit: Unit, quarters: list[Quarter], owner_bias: float, taken: set[str]
) -> None:
    """Give every team four to six people at the start; about one in ten leaves in a year and is replaced."""
    first, last = quarters[0].start - timedelta(days=60), quarters[-1].end
    for team in unit.teams:
        for _ in range(int(rng.integers(3, 6))):
            joined = first
            while joined < last:
                stays = timedelta(days=int(rng.exponential(1900)) + 60)
                left = joined + stays if joined + stays < last else None
                given, family = (names[rng.integers(len(names))] for names in (GIVEN_NAMES, FAMILY_NAMES))
                name = f"{given} {family}"
                number = sum(len(other.people) for other in unit.teams) + 1
                email = mail_address(name, taken)
                bias = float(rng.normal(0, owner_bias)) if owner_bias else 0.0
                team.people.append(Person(f"P{number:04d}", name, email, joined, left, bias))
                joined = last if left is None else left + timedelta(days=int(rng.integers(5, 60)))
