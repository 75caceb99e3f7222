"""What is too little history to learn from: too few labels and too few cycles, each by itself."""

from __future__ import annotations

import pytest

from ml import parameters
from ml.features import GradedHistory
from ml.folds import roll_forward
from ml.training import shortage


@pytest.fixture
def lack(make_rows):
    """Call it for what is missing by the minimums as shipped; later cycles hold fewer key results."""

    def ask(cycles, later_cycles_hold=40):
        known = parameters.load()
        rows = make_rows(cycles=cycles, per_cycle=40)
        number = rows["key_result_key"].str[-4:].astype(int)
        rows = rows[(number < 120) | (number % 40 < later_cycles_hold)].reset_index(drop=True)
        history = GradedHistory(rows, asked=0, labelled=0, left_out={})
        return shortage(history, roll_forward(rows, known.history), known)

    return ask


def test_enough_labels_and_cycles_lack_nothing(lack):
    assert lack(cycles=6, later_cycles_hold=27) == ""


def test_too_few_labels_alone_are_a_lack(lack):
    said = lack(cycles=6, later_cycles_hold=26)
    assert "198 graded key results and 3 cycles to test on; at least 200 and 3 are needed" in said


def test_too_few_cycles_alone_are_a_lack(lack):
    said = lack(cycles=5)
    assert "200 graded key results and 2 cycles to test on; at least 200 and 3 are needed" in said
