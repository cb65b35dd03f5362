"""Targets that are not known: rows without any are left out, else only what is NaN."""

import numpy as np
import pandas as pd
import pytest
from networks import BARE, REGRESSORS
from numpy.testing import assert_allclose, assert_array_equal

from skts import MLPClassifier, MLPRegressor, SlidingWindowTransformer, make_supervised

QUICK = {"epochs": 3, "random_state": 0}


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(60, 6))


@pytest.mark.parametrize(
    "as_kind",
    [np.asarray, list, pd.Series, lambda y: pd.Series(y).astype("Float64")],
    ids=["array", "list", "Series", "nullable"],
)
def test_rows_without_a_target_are_left_out(X, as_kind):
    y = X[:, -1].copy()
    y[::4] = np.nan
    known = ~np.isnan(y)
    weight = np.arange(60) % 3
    model = MLPRegressor(**QUICK).fit(X, as_kind(y), weight)
    expected = MLPRegressor(**QUICK).fit(X[known], y[known], weight[known])
    assert_array_equal(model.predict(X), expected.predict(X))


QUANTILES = {"quantiles": [0.1, 0.5, 0.9]}


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        *((cls, QUANTILES) for cls in REGRESSORS),
        *((MLPRegressor, options) for options in ({}, {"loss": "mae"}, BARE)),
    ],
)
def test_of_several_outputs_each_is_learned_where_it_is_known(cls, options, X):
    X[30:] = X[:30]
    y = np.c_[X[:, 0] + X[:, -1], X[:, 1]]
    gaps = y.copy()
    gaps[:30, 1] = gaps[30:, 0] = np.nan
    options = options | {"dropout": 0.0, "learning_rate": 0.01}
    model = cls(epochs=60, random_state=0, **options).fit(X, gaps)
    assert model.score(X, y) > 0.9
    assert np.isfinite(model.history_["loss"]).all()


def test_gaps_are_worth_nothing_to_the_loss(X):
    """An output that is known in one half learns as from that half alone."""
    y = np.c_[X[:, 0], X[:, 1]]
    y[::2, 1] = np.nan
    bare = MLPRegressor(**BARE, epochs=1, random_state=0, standardize=False)
    loss = bare.fit(X, y).history_["loss"][0]
    before = bare.set_params(learning_rate=1e-12).fit(X, y).predict(X)
    assert_allclose(loss, np.nansum((before - y) ** 2) / y.size, rtol=1e-5)


def test_a_start_from_ridge_is_that_of_each_output(X):
    y = np.c_[X[:, 0], X[:, 1] + X[:, 2]]
    y[::3, 1] = np.nan
    start = MLPRegressor(
        epochs=1, learning_rate=1e-12, random_state=0, dropout=0, window_norm=None
    )
    both = start.fit(X, y).predict(X)
    known = ~np.isnan(y[:, 1])
    alone = start.fit(X[known], y[known, 1]).predict(X)
    assert np.abs(both[:, 1] - alone).max() < 0.1
    assert np.corrcoef(both[:, 1], X[:, 1] + X[:, 2])[0, 1] > 0.99


def test_a_series_with_holes(X):
    series = pd.Series(np.sin(np.arange(80.0)), name="a")
    series[30:33] = np.nan
    frame, y = make_supervised(series, horizon=2)
    windows = SlidingWindowTransformer(5, padding="nan")
    model = MLPRegressor(**QUICK).fit(windows.fit_transform(frame), y)
    assert np.isfinite(model.predict(windows.transform(frame))).all()


@pytest.mark.parametrize(
    "gaps, options, message",
    [
        (np.s_[:], {}, r"y is NaN in all rows to train on, in columns \[0, 1\]"),
        (np.s_[:, 1], {}, r"y is NaN in all rows to train on, in columns \[1\]"),
        (np.s_[:9, 1], {"metrics": ["mae"]}, "metrics=.* where y is NaN in some"),
    ],
)
def test_what_cannot_be_learned_is_an_error(gaps, options, message, X):
    y = X[:, :2].copy()
    y[gaps] = np.nan
    with pytest.raises(ValueError, match=message):
        MLPRegressor(**QUICK, **options).fit(X, y)


def test_infinite_targets_and_unknown_classes_are_errors(X):
    y = X[:, 0].copy()
    y[3] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        MLPRegressor(**QUICK).fit(X, y)
    y[3] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        MLPClassifier(**QUICK).fit(X, np.where(np.isnan(y), y, 1))


def test_going_on_takes_gaps(X):
    y = X[:, :2].copy()
    model = MLPRegressor(**QUICK).partial_fit(X, y)
    y[:, 1] = np.nan
    before = model.predict(X)
    after = model.partial_fit(X, y).predict(X)
    assert np.isfinite(after).all()
    assert (after != before).any()
