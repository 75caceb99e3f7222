"""What may be asked of a sample organisation, and the behaviour of its people."""

from __future__ import annotations

from dataclasses import dataclass

from stack.sample.errors import SampleError

__all__ = ["Behaviour", "SampleOptions"]


@dataclass(frozen=True)
class Behaviour:
    """How much the owners know, say and hide.

    Scores live on a latent scale with a standard deviation of about 1 ("reach"): below `REACH_NOTHING` of
    `stack.sample.paths` nothing comes out, above `REACH_ALL` everything.
    """

    difficulty: float
    """Standard deviation of how hard a goal turns out to be set; decided before day 1."""
    early_news: float
    """Standard deviation of what is decided in the first half."""
    late_news: float
    """Standard deviation of what is decided in the second half only."""
    stall_hazard: float
    """Chance a week that work on an average key result stops for good."""
    optimism: float
    """Chances are raised to the power of 1 minus this: 0 is sober, 0.35 about 0.1 too high on average."""
    team_bias: float
    """Standard deviation of the optimism of whole teams; the weaker the team, the larger."""
    owner_bias: float
    """Standard deviation of the optimism of one owner."""
    guess_noise: float
    """Standard deviation of one forecast around what the owner believes."""
    blindness: float
    """Share of the cycle effect and of the pull of priorities that owners do not see."""
    strictness: float
    """How far owners mind the bar of a commitment: 0 = they ask for 0.7 of everything, 1 = for all of it."""
    denial: float
    """Chance that an owner goes on as if a stalled key result were alive."""
    silence: float
    """Factor on the chance of a check-in while things go badly (1 = silence means nothing)."""
    candour: float
    """How well the words of a comment follow the true state (0 = not at all, 1 = fully)."""


HISTORY_HELPS = Behaviour(
    difficulty=0.62,
    early_news=0.45,
    late_news=0.38,
    stall_hazard=0.036,
    optimism=0.58,
    team_bias=0.34,
    owner_bias=0.15,
    guess_noise=0.15,
    blindness=0.9,
    strictness=0.1,
    denial=0.8,
    silence=0.35,
    candour=0.9,
)
"""The owners' forecasts leave out what their history, their silence and their pace give away."""

HISTORY_IS_SILENT = Behaviour(
    difficulty=0.5,
    early_news=0.45,
    late_news=1.2,
    stall_hazard=0.026,
    optimism=0.62,
    team_bias=0.0,
    owner_bias=0.0,
    guess_noise=0.0,
    blindness=0.0,
    strictness=1.0,
    denial=0.0,
    silence=1.0,
    candour=0.0,
)
"""The owners know the whole state of their key results: nothing seen so far adds to their forecasts."""


@dataclass(frozen=True)
class SampleOptions:
    """Size and character of a sample organisation."""

    quarters: int = 10
    """Closed quarters before the running one."""
    teams: int = 40
    """Nodes of the trees of teams, all business units together."""
    key_results: int = 2400
    """Key results over all quarters, the running one included (approximately)."""
    signal: bool = True
    """True: history says more than the owners' forecasts. False: it does not."""

    def __post_init__(self) -> None:
        """Refuse sizes from which no organisation can be drawn."""
        for name, value, least, most in (
            ("--quarters", self.quarters, 1, 80),
            ("--teams", self.teams, 6, 2000),
            ("--key-results", self.key_results, 20, 500_000),
        ):
            if not least <= value <= most:
                raise SampleError(f"{name} {value}: must be between {least} and {most}")

    @property
    def behaviour(self) -> Behaviour:
        """The people of this organisation."""
        return HISTORY_HELPS if self.signal else HISTORY_IS_SILENT
