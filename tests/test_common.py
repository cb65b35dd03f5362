"""What every public estimator owes to scikit-learn and to its users.

Estimators are found by their names in `skts.__all__`; a new one is tested at once.
"""

import copy
import email.message
import inspect
import itertools
import pickle
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import cloudpickle
import joblib
import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from estimator_checks import each_check, run_check
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_html_repr
from sklearn.utils.fixes import parse_version

import skts
from skts._heads import BaseNetworkClassifier, BaseNetworkRegressor

ROOT = Path(__file__).parents[1]

PUBLIC = [getattr(skts, name) for name in skts.__all__]
ESTIMATORS = [c for c in PUBLIC if isinstance(c, type) and issubclass(c, BaseEstimator)]
KINDS = {
    BaseNetworkRegressor: [c for c in ESTIMATORS if is_regressor(c())],
    BaseNetworkClassifier: [c for c in ESTIMATORS if is_classifier(c())],
}

READS_NEIGHBOURS = "the output for a row depends on the rows before it: it is a window"
EXPECTED_FAILURES = {
    "SlidingWindowTransformer()": {
        "check_methods_sample_order_invariance": READS_NEIGHBOURS,
        "check_methods_subset_invariance": READS_NEIGHBOURS,
    },
}

each_estimator = pytest.mark.parametrize("cls", ESTIMATORS)


OWN = skts.NetworkRegressor, skts.NetworkClassifier  # tests/test_own_networks.py
REGRESSORS, CLASSIFIERS = ([c for c in kind if c not in OWN] for kind in KINDS.values())
MAXIMUM = {"network": keras.ops.max, "network_params": {"axis": 1}}


def small(cls, **parameters):
    """Return an estimator that trains in no time."""
    cheap = {"epochs": 2, "units": 3, "filters": 3, "depth": 1, "random_state": 0}
    names = cls().get_params()
    chosen = cheap | MAXIMUM | parameters
    return cls(**{name: chosen[name] for name in chosen if name in names})


LEARNS = {"epochs": 20, "learning_rate": 0.05, "units": 4, "filters": 4}


@each_check(
    [
        *(small(cls, **LEARNS) for cls in CLASSIFIERS),
        *(small(cls, epochs=20, units=4) for cls in REGRESSORS),
        skts.SlidingWindowTransformer(),
        skts.SlidingWindowTransformer(window=1),
    ],
    EXPECTED_FAILURES,
)
def test_check_estimator(estimator, check):
    """Expected failures must fail: pytest is strict about that."""
    run_check(check, estimator)


@pytest.mark.parametrize("cls", REGRESSORS)
def test_defaults_learn(cls):
    """What scikit-learn asks of a regressor, but of windows that are sooner learned."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(64, 6))
    model = cls(random_state=0)
    if "depth" in model.get_params():  # takes no more time than others
        model.set_params(depth=1)
    assert model.fit(X, X[:, 4]).score(X, X[:, 4]) > 0.5


# Parameters and documentation -------------------------------------------------------


def documented(cls, section):
    """Return the entries of a section of the docstring: names to their words."""
    doc = inspect.getdoc(cls)
    body = re.search(rf"^{section}\n-+\n(.*?)(\n\n\S[^\n]*\n-+\n|\Z)", doc, re.M | re.S)
    entries = re.split(r"^(?=\w+ : )", body[1], flags=re.M)
    entries = (" ".join(entry.split()).partition(" : ") for entry in entries if entry)
    return {name: words for name, _, words in entries}


@pytest.mark.parametrize("base", KINDS)
def test_networks_have_all_shared_parameters(base):
    shared = base().get_params()
    assert len(KINDS[base]) > 3
    for cls in KINDS[base]:
        assert issubclass(cls, base)
        assert shared.items() <= cls().get_params().items()


@each_estimator
def test_every_parameter_is_documented_with_its_default(cls):
    words = documented(cls, "Parameters")
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(cls).parameters.items()
    }
    assert sorted(words) == sorted(defaults)
    for name, default in defaults.items():
        stated = re.match(r".*? default=(\(.*?\)|\S+)", words[name])[1]
        assert stated.replace('"', "'") == repr(default), name


@each_estimator
def test_every_fitted_attribute_is_documented(cls):
    X, y = data_for(cls)
    frame = pd.DataFrame(X, columns=[f"x_lag{k}" for k in reversed(range(6))])
    fitted = vars(small(cls).fit(frame, y))
    public = [n for n in fitted if n.endswith("_") and not n.startswith("_")]
    assert sorted(documented(cls, "Attributes")) == sorted(public)


@each_estimator
def test_repr_is_code_that_shows_what_was_changed(cls):
    assert repr(cls()) == f"{cls.__name__}()"
    name, *_ = cls().get_params()
    changed = cls(**{name: 7})
    assert repr(changed) == f"{cls.__name__}({name}=7)"
    assert eval(repr(changed), vars(skts)).get_params() == changed.get_params()


@each_estimator
def test_html_shows_the_estimator(cls):
    estimator = small(cls)
    for shown in (estimator, estimator.fit(*data_for(cls)), make_pipeline(estimator)):
        assert cls.__name__ in estimator_html_repr(shown)


@each_estimator
def test_html_links_to_the_site_once_the_package_names_one(cls, monkeypatch):
    estimator = small(cls)
    assert "href" not in estimator._repr_html_()  # not to scikit-learn's
    named = email.message.Message()
    named["Project-URL"] = "Source, https://code.local"
    named["Project-URL"] = "Documentation, https://docs.local"
    monkeypatch.setattr(metadata, "metadata", lambda name: named)
    page = f"https://docs.local/generated/skts.{cls.__name__}.html"
    assert f'href="{page}"' in estimator._repr_html_()
    name, *_ = documented(cls, "Parameters")
    if parse_version(sklearn.__version__) >= parse_version("1.8"):
        assert f"{page}#:~:text={name}" in estimator._repr_html_()


# Storage ----------------------------------------------------------------------------


def data_for(cls):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(24, 6))
    y = X.sum(axis=1)
    return X, np.where(y > 0, "up", "down") if is_classifier(cls()) else y


def output(estimator, X):
    for method in ("transform", "predict_proba", "predict"):
        if hasattr(estimator, method):
            return getattr(estimator, method)(X)


def goes_on(estimator, X, y):
    """Return the output after the fit that is stored, and after one more."""
    before = output(estimator, X)
    if "warm_start" in estimator.get_params():
        estimator.set_params(warm_start=True)
    return np.stack([before, output(estimator.fit(X, y), X)])


def by_file(estimator, path, **options):
    joblib.dump(estimator, path)
    return joblib.load(path, **options)


STORES = {
    "deepcopy": lambda estimator, path: copy.deepcopy(estimator),
    "pickle": lambda estimator, path: pickle.loads(pickle.dumps(estimator)),
    "cloudpickle": lambda estimator, path: pickle.loads(cloudpickle.dumps(estimator)),
    "joblib": by_file,
    "memmap": lambda estimator, path: by_file(estimator, path, mmap_mode="r"),
}


@pytest.mark.parametrize("store", STORES)
@each_estimator
def test_an_unfitted_estimator_survives_storage(cls, store, tmp_path):
    stored = STORES[store](small(cls), tmp_path / "estimator")
    assert type(stored) is cls
    assert stored.get_params() == clone(stored).get_params() == small(cls).get_params()
    assert vars(stored) == vars(small(cls))


@pytest.mark.parametrize("store", STORES)
@each_estimator
def test_a_fitted_estimator_survives_storage_and_goes_on(cls, store, tmp_path):
    X, y = data_for(cls)
    fitted = small(cls).fit(X, y)
    stored = STORES[store](fitted, tmp_path / "estimator")
    np.testing.assert_array_equal(goes_on(stored, X, y), goes_on(fitted, X, y))


IN_A_NEW_PROCESS = """
import os, runpy, sys
sys.path.append(os.path.dirname(sys.argv[1]))
runpy.run_path(sys.argv[1])["go_on_from_files"](sys.argv[2])
"""


def go_on_from_files(folder):
    for path in Path(folder).glob("*.stored"):
        estimator = joblib.load(path)
        np.save(path, goes_on(estimator, *data_for(type(estimator))))


def test_fitted_estimators_go_on_in_a_new_process(tmp_path):
    """All in the same one, since each new process has to load TensorFlow."""
    expected = {}
    dumps = itertools.cycle([joblib.dump, pickle.dump, cloudpickle.dump])
    for cls, dump in zip(ESTIMATORS, dumps):
        fitted = small(cls).fit(*data_for(cls))
        path = tmp_path / f"{cls.__name__}.stored"
        with path.open("wb") as file:
            dump(fitted, file)
        expected[path.name] = fitted
    child = [sys.executable, "-c", IN_A_NEW_PROCESS, __file__, tmp_path]
    subprocess.run(child, cwd=ROOT, check=True)
    for name, fitted in expected.items():
        here = goes_on(copy.deepcopy(fitted), *data_for(type(fitted)))
        np.testing.assert_array_equal(np.load(tmp_path / f"{name}.npy"), here)
