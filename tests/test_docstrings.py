import pydoc
import subprocess
import sys
import textwrap
from pathlib import Path

from skts import LSTMRegressor, MLPRegressor

ROOT = Path(__file__).parents[1]


class Smooth(MLPRegressor):
    """A network that smooths.

    Parameters
    ----------
    degree : int
        How much.
    units : int
        Units, in other words.
    """

    degree: int = 3
    unsaid: float | None = None
    units: int = 7


def test_a_class_says_what_is_its_own_and_takes_the_rest_from_its_bases():
    doc = Smooth.__doc__
    assert doc.startswith("A network that smooths.\n\nThe fastest of the networks")
    assert "degree : int, default=3\n    How much.\n" in doc
    assert "unsaid : float | None, default=None\n" in doc
    assert "units : int, default=7\n    Units, in other words.\n" in doc
    assert 'optimizer : str, class or keras.optimizers.Optimizer, default="adam"' in doc
    assert doc.count("units : ") == 1
    assert "[NLinear]_" in doc and ".. [NLinear] Zeng" in doc
    assert "See Also" not in doc  # what is seen beside a base is not beside this


def test_own_parameters_come_first():
    doc = Smooth.__doc__
    names = ["degree :", "unsaid :", "activation :", "n_targets :", "epochs :"]
    places = [doc.index(name) for name in names]
    assert places == sorted(places)


def test_a_class_without_a_docstring_has_that_of_its_base():
    class Undescribed(LSTMRegressor):
        epochs: int = 5

    assert Undescribed.__doc__.startswith("Long short-term memory network: reads")
    assert 'epochs : int or "auto", default=5' in Undescribed.__doc__


def test_help_shows_the_whole():
    shown = pydoc.plain(pydoc.render_doc(MLPRegressor))
    for part in ("Multilayer perceptron", "units : int", "window_norm : {None", ">>> "):
        assert part in shown


def test_type_checkers_know_every_parameter(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    from mypy import api

    code = """
        from skts import CNNClassifier, LSTMRegressor
        LSTMRegressor(units=3, loss="mae", epochs=3).set_params(epochs=4)
        CNNClassifier(filters=3, class_weight="balanced")
        LSTMRegressor(unit=3)
    """
    path = tmp_path / "code.py"
    path.write_text(textwrap.dedent(code))
    options = ["--config-file", str(ROOT / "setup.cfg"), "--cache-dir", str(tmp_path)]
    report, _, _ = api.run([*options, str(path)])
    errors = [line for line in report.splitlines() if ": error: " in line]
    assert len(errors) == 1 and '"unit"' in errors[0], report


def test_estimators_work_without_docstrings():
    code = "import skts; assert not skts._estimator.NetworkEstimator._docstring_;"
    code += "print(skts.MLPRegressor(units=3))"
    python = [sys.executable, "-OO", "-c", code]
    out = subprocess.run(python, cwd=ROOT, check=True, capture_output=True, text=True)
    assert out.stdout == "MLPRegressor(units=3)\n"
