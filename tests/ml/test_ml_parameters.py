"""Parameters: what is in the file is checked, and a mistake is one line."""

from __future__ import annotations

import pytest

from ml import parameters
from ml.errors import ParameterError


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("minimum_test_cycles: 3", "minimum_test_cycles: 1", "history.minimum_test_cycles"),
        ("rounds: 500", "rounds: many", "judging.rounds"),
        ("rounds: 500", "rounds: 500\n  surprise: 1", "judging.surprise"),
        ("weight, priority_rank", "weight, progress", "features named twice: progress"),
        ("categorical: [key_result_kind]", "categorical: [mood]", "categorical, but in no theme: mood"),
        ("estimator: logistic", "estimator: crystal_ball", "models.0.estimator"),
        ("crossed: [progress,", "crossed: [mood,", "crossed in crossed_logistic, but in no theme: mood"),
        ("seed: 20260101", "seed: [", "cannot be read"),
    ],
)
def test_a_mistake_is_named(tmp_path, old, new, said):
    text = parameters.FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "parameters.yml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        parameters.load(path)
    assert said in str(caught.value)
    assert "parameters.yml" in str(caught.value)


def test_the_file_of_the_product_is_right():
    known = parameters.load()
    assert known.history.minimum_test_cycles >= 3
    assert set(known.categorical) == {"key_result_kind"}
    assert "progress" in known.numeric
