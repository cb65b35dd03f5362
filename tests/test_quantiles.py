"""Quantiles that networks predict, and what is made of them."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from estimator_checks import each_check, run_check
from networks import REGRESSORS
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skts import (
    ForecastDisplay,
    MLPRegressor,
    PanelTimeSeriesSplit,
    SlidingWindowTransformer,
    _program,
    forecast,
    make_supervised,
    predict_interval,
    predict_quantiles,
)
from skts._quantiles import calibration
from skts._start import _quantiles
from skts.metrics import (
    interval_coverage,
    interval_score,
    neg_interval_score,
    neg_mean_pinball_loss,
)

LEVELS = [0.05, 0.25, 0.5, 0.95]
QUICK = {"quantiles": LEVELS, "epochs": 3, "random_state": 0}


@pytest.fixture
def data():
    """Windows whose last value tells how much is added to their sum."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 6))
    noise = np.exp(X[:, -1:]) * rng.normal(size=(90, 2))
    return X, X.sum(axis=1, keepdims=True) + noise


@each_check([MLPRegressor(quantiles=LEVELS, epochs=20, units=4, random_state=0)])
def test_check_estimator(estimator, check):
    run_check(check, estimator)


@pytest.mark.parametrize("cls", REGRESSORS)
@pytest.mark.parametrize("n_targets", [1, 2])
def test_quantiles_never_cross_and_predict_is_the_median(cls, n_targets, data):
    X, y = data
    model = cls(**QUICK, n_targets=n_targets, learning_rate=0.1).fit(X, y)
    quantiles = model.predict_quantiles(X)
    assert quantiles.shape == (90, 2, 4)
    assert (np.diff(quantiles) >= 0).all()
    assert_array_equal(quantiles[..., 2], model.predict(X))
    assert_array_equal(model.predict_interval(X, 0.9), quantiles[..., [0, 3]])
    stored = pickle.loads(pickle.dumps(model))
    assert_array_equal(stored.predict_quantiles(X), quantiles)
    assert_allclose(model.to_keras()(X[..., None]), quantiles, rtol=1e-4, atol=1e-4)


def test_they_start_from_those_of_what_the_ridge_leaves(data):
    X, y = data
    model = MLPRegressor(**QUICK, learning_rate=1e-9, early_stopping=False)
    model.fit(X, y[:, 0])
    below = y[:, :1] <= model.predict_quantiles(X)[:, 0]
    assert_allclose(below.mean(axis=0), LEVELS, atol=2 / 90)


def test_quantiles_of_weighted_values_equal_those_of_repeated_ones():
    rng = np.random.default_rng(0)
    values, weight = rng.normal(size=30), rng.integers(1, 4, size=30)
    repeated = values.repeat(weight)
    found = _quantiles(values, weight * 1.0, LEVELS)
    assert_array_equal(found, _quantiles(repeated, np.ones(len(repeated)), LEVELS))
    share = (repeated[:, np.newaxis] < found).mean(axis=0)
    assert_allclose(share, LEVELS, atol=3 / len(repeated))
    assert_array_equal(_quantiles(np.ones(3), np.ones(3), LEVELS), np.ones(4))


@pytest.mark.parametrize("n_networks", [1, 2])
@pytest.mark.parametrize("jit_compile", ["auto", False])
def test_held_out_rows_widen_what_is_too_narrow(data, jit_compile, n_networks):
    X, y = data
    rougher = y + 9 * np.random.default_rng(1).normal(size=y.shape)
    model = MLPRegressor(**QUICK, jit_compile=jit_compile, n_networks=n_networks)
    model.fit(X, y, X_val=X, y_val=rougher)
    quantiles = model.predict_quantiles(X)
    outside = (rougher < quantiles[..., 0] - 1e-4) | (
        rougher > quantiles[..., -1] + 1e-4
    )
    # Of 90 rows and one more, a twentieth may be beyond either bound: four.
    assert_allclose(outside.sum(axis=0), 7, atol=2)


def test_a_bound_moves_by_the_errors_of_its_own_side_and_of_both():
    y = np.arange(1.0, 20)[:, np.newaxis]  # a tenth of 20 is two: the second largest
    one_side = calibration(np.zeros((19, 2)), y, np.ones(19), [0.5, 0.9])
    assert_array_equal(one_side, [0, 18])
    # Of both sides, each error counts half, so that the fourth largest is needed.
    both = calibration(np.zeros((19, 3)), y, np.ones(19), [0.1, 0.5, 0.9])
    assert_array_equal(both, [-(0 + 16) / 2, 0, (18 + 16) / 2])


def test_held_out_rows_narrow_nothing(data):
    X, y = data
    model = MLPRegressor(**QUICK, early_stopping=False)
    plain = model.fit(X, y).predict_quantiles(X)
    model.fit(X, y, X_val=X, y_val=model.predict(X))
    assert_array_equal(model.predict_quantiles(X), plain)


def test_quantiles_that_are_kept_from_crossing_are_widened_as_well(data):
    X, y = data
    levels = np.linspace(0.1, 0.9, 9)
    rougher = y + 9 * np.random.default_rng(1).normal(size=y.shape)
    model = MLPRegressor(quantiles=levels, learning_rate=0.1, random_state=0)
    model.set_params(epochs=30, early_stopping=False, linear_start=False)
    tied = np.diff(model.fit(X, y).predict_quantiles(X)) == 0
    assert tied.any()
    quantiles = model.fit(X, y, X_val=X, y_val=rougher).predict_quantiles(X)
    assert (np.diff(quantiles) >= 0).all()
    for low, high in zip(range(4), range(8, 4, -1)):
        inside = interval_coverage(
            rougher, quantiles[..., low] - 1e-4, quantiles[..., high] + 1e-4
        )
        assert inside >= levels[high] - levels[low]


def test_calibration_of_weighted_rows_equals_that_of_repeated_ones():
    rng = np.random.default_rng(0)
    predicted, y = rng.normal(size=(40, 8)), 9 * rng.normal(size=(40, 2))
    y[rng.random(y.shape) < 0.2] = np.nan
    weight = rng.integers(1, 4, 40)
    weighted = calibration(predicted, y, weight, LEVELS)
    rows = np.arange(40).repeat(weight)
    repeated = calibration(predicted[rows], y[rows], np.ones(len(rows)), LEVELS)
    assert_allclose(weighted, repeated)


def test_the_spread_is_learned_where_it_changes():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 3))
    y = np.where(X[:, -1] > 0, 10, 1) * rng.normal(size=1000)
    model = MLPRegressor(quantiles=[0.1, 0.5, 0.9], random_state=0, epochs=40)
    bounds = model.fit(X, y).predict_interval(X, 0.8)[:, 0]
    width = np.diff(bounds)[:, 0]
    assert width[X[:, -1] > 0].mean() > 3 * width[X[:, -1] < 0].mean()
    assert 0.55 < interval_coverage(y, *bounds.T) < 0.9


@pytest.mark.parametrize("n_networks", [1, 2])
def test_models_around_a_network_pass_its_quantiles_on(n_networks):
    series = pd.Series(np.exp(np.random.default_rng(0).normal(size=80)))
    X, y = make_supervised(series, horizon=2)
    network = MLPRegressor(**QUICK, n_networks=n_networks)
    pipe = make_pipeline(SlidingWindowTransformer(5), network)
    search = GridSearchCV(pipe, {"mlpregressor__units": [3]}, cv=2).fit(X, y)
    best = search.best_estimator_
    expected = best[-1].predict_quantiles(best[:-1].transform(X))
    for model in (search, best, FrozenEstimator(best)):
        assert_array_equal(predict_quantiles(model, X), expected)
        bounds = predict_interval(model, X, coverage=0.9)
        assert_array_equal(bounds, expected[..., [0, -1]])
    log = TransformedTargetRegressor(pipe, func=np.log, inverse_func=np.exp).fit(X, y)
    inner = predict_quantiles(log.regressor_, X)
    assert_allclose(predict_quantiles(log, X), np.exp(inner))
    assert_allclose(predict_quantiles(log, X)[..., 2], log.predict(X))
    turned = TransformedTargetRegressor(
        pipe, func=np.negative, inverse_func=np.negative
    )
    with pytest.raises(ValueError, match="must rise"):
        predict_quantiles(turned.fit(X, y), X)


def test_scorers_are_the_metrics_of_what_is_predicted(data):
    X, y = data
    model = MLPRegressor(**QUICK)
    around = TransformedTargetRegressor(make_pipeline("passthrough", model)).fit(X, y)
    weight = np.arange(90.0)
    quantiles = predict_quantiles(around, X)
    losses = [
        mean_pinball_loss(y, quantiles[..., i], alpha=level, sample_weight=weight)
        for i, level in enumerate(LEVELS)
    ]
    score = neg_mean_pinball_loss(around, X, y, weight)
    assert_allclose(score, -np.mean(losses))
    bounds = quantiles[..., 0], quantiles[..., 3]
    expected = -interval_score(y, *bounds, coverage=0.9)
    assert_allclose(neg_interval_score(around, X, y), expected)

    scoring = {"pinball": neg_mean_pinball_loss, "interval": neg_interval_score}
    units = {"units": [2, 3]}
    search = GridSearchCV(model, units, scoring=scoring, refit="pinball", cv=2)
    scores = search.fit(X, y).cv_results_
    assert (scores["mean_test_pinball"] < 0).all()
    assert (scores["mean_test_interval"] < 0).all()
    assert search.score(X, y) == neg_mean_pinball_loss(search, X, y)


def test_scorers_score_many_series_in_a_search():
    keys = pd.MultiIndex.from_product([["a", "b"], pd.date_range("2024", periods=40)])
    values = np.random.default_rng(0).normal(size=(80, 1)).cumsum(axis=0)
    X, y = make_supervised(pd.DataFrame(values, keys, ["value"]), horizon=2)
    y.iloc[70] = np.nan
    windows = SlidingWindowTransformer(6, history=X)
    model = make_pipeline(windows, MLPRegressor(units=4, **QUICK))
    cv = PanelTimeSeriesSplit(2)
    search = GridSearchCV(model, {}, scoring=neg_interval_score, cv=cv, refit=False)
    scores = search.fit(X, y).cv_results_
    for i, (train, test) in enumerate(cv.split(X)):
        model.fit(X.iloc[train], y.iloc[train])
        expected = neg_interval_score(model, X.iloc[test], y.iloc[test])
        assert_allclose(scores[f"split{i}_test_score"], expected)


def test_scorers_leave_out_what_is_not_known(data):
    X, y = data
    y = y.copy()
    y[:40, 0] = np.nan
    model = MLPRegressor(**QUICK).fit(X, y)
    quantiles = model.predict_quantiles(X)
    scores = [
        interval_score(truth[~gaps], low[~gaps], high[~gaps], coverage=0.9)
        for truth, gaps, low, high in zip(
            y.T, np.isnan(y).T, quantiles[..., 0].T, quantiles[..., 3].T
        )
    ]
    assert_allclose(neg_interval_score(model, X, y), -np.mean(scores))
    of_one = neg_mean_pinball_loss(model, X[:40], y[:40])
    y[:, 0] = np.nan
    assert_allclose(neg_mean_pinball_loss(model, X[:40], y[:40]), of_one)
    with pytest.raises(ValueError, match="y has no known value"):
        neg_interval_score(model, X, y * np.nan)
    with pytest.raises(ValueError, match=r"predicts \(90, 2\), rows by outputs"):
        neg_mean_pinball_loss(model, X, y[:, 0])
    with pytest.raises(ValueError, match=r"coverages \[0.9\]"):
        partial(neg_interval_score, coverage=0.8)(model, X, y)


@pytest.mark.parametrize(
    "quantiles",
    [
        *([0.1, 0.9], [0.5, 0.1], [0.5, 0.5], [0, 0.5], [0.5, 1.0]),
        *([[0.5]], [], ["a"], [0.5, np.nan]),
    ],
)
def test_bad_quantiles(quantiles, data):
    with pytest.raises(ValueError, match="must be between 0 and 1, rise and hold 0.5"):
        MLPRegressor(quantiles=quantiles).fit(*data)


def test_errors_say_what_to_do(data):
    X, y = data
    model = MLPRegressor(**QUICK).fit(X, y)
    with pytest.raises(
        ValueError, match=r"quantiles 0.1 and 0.9, .* coverages \[0.9\]"
    ):
        model.predict_interval(X, 0.8)
    for parameters, message in (
        ({"loss": "mae"}, "leave loss"),
        ({"metrics": ["mae"]}, "leave metrics"),
    ):
        with pytest.raises(ValueError, match=message):
            MLPRegressor(**QUICK, **parameters).fit(X, y)
    model.set_params(warm_start=True, quantiles=[0.1, 0.25, 0.5, 0.9])
    with pytest.raises(ValueError, match="the first call"):
        model.fit(X, y)
    for plain in (MLPRegressor(epochs=1), Ridge()):
        plain.fit(X, y)
        assert not hasattr(plain, "predict_quantiles")
        with pytest.raises(ValueError, match="predicts no quantiles"):
            predict_quantiles(plain, X)
        with pytest.raises(ValueError, match="predicts no quantiles and errors"):
            forecast(plain, X[:6], 2, coverage=0.9, target=[0, 1])


# Forecasts --------------------------------------------------------------------------


@pytest.fixture
def series():
    rng, values = np.random.default_rng(0), np.zeros(400)
    for t in range(1, 400):
        values[t] = 0.9 * values[t - 1] + rng.normal()
    return pd.DataFrame({"a": values}, pd.date_range("2020", periods=400, freq="D"))


def fitted(series, horizon, **parameters):
    X, y = make_supervised(series, horizon=horizon)
    network = MLPRegressor(quantiles=[0.05, 0.5, 0.95], random_state=0, **parameters)
    return X, make_pipeline(SlidingWindowTransformer(4), network).fit(X, y)


def test_bounds_up_to_the_horizon_are_the_model_s(series):
    X, model = fitted(series, 3, epochs=2)
    made = forecast(model, series, 3, coverage=0.9)
    bounds = predict_interval(model, series, 0.9)[-1]
    assert_array_equal(made[["a_lower", "a_upper"]], bounds)
    assert_array_equal(made[["a"]], forecast(model, series, 3))
    assert_array_equal(forecast(model, series, 2, coverage=0.9), made.head(2))


def test_bounds_beyond_the_horizon_are_those_of_paths(series):
    """The spread of an autoregression is known."""
    X, model = fitted(series, 1, epochs=30, units=4, dropout=0)
    made = forecast(model, series, 15, coverage=0.9, n_paths=2000, random_state=0)
    width = (made["a_upper"] - made["a_lower"]).to_numpy() / (2 * 1.645)
    expected = np.sqrt(np.cumsum(0.9 ** (2 * np.arange(15))))
    assert_allclose(width, expected, rtol=0.25)
    assert made["a"].between(made["a_lower"], made["a_upper"]).all()
    again = [forecast(model, series, 5, coverage=0.9, random_state=1) for _ in "ab"]
    pd.testing.assert_frame_equal(*again)


def test_quantiles_are_those_of_the_fit(series):
    X, model = fitted(series, 2, epochs=2)
    expected = predict_interval(model, X, 0.9)
    model[-1].set_params(quantiles=[0.2, 0.5, 0.8])
    assert_array_equal(predict_interval(model, X, 0.9), expected)
    with pytest.raises(ValueError, match="needs the quantiles 0.2 and 0.8"):
        forecast(model, series, 2, coverage=0.6)


def test_numbers_of_linspace_are_quantiles(data):
    model = MLPRegressor(**QUICK | {"quantiles": np.linspace(0.05, 0.95, 19)})
    assert model.fit(*data).predict_quantiles(data[0]).shape == (90, 2, 19)


def test_fits_of_the_same_quantiles_share_a_program(data, monkeypatch):
    monkeypatch.setattr(_program, "_pool", [])
    for _ in range(2):
        MLPRegressor(**QUICK).fit(*data)
    assert len(_program._pool) == 1


def test_what_looks_at_the_whole_series_has_no_paths(series):
    X, y = make_supervised(series)
    whole = FunctionTransformer(lambda X: X.cumsum())
    network = MLPRegressor(quantiles=[0.05, 0.5, 0.95], epochs=1)
    model = make_pipeline(whole, SlidingWindowTransformer(3), network).fit(X, y)
    assert len(forecast(model, series, 1, coverage=0.9)) == 1
    with pytest.raises(ValueError, match="may look at the whole series"):
        forecast(model, series, 2, coverage=0.9)


def test_pictures_of_several_coverages_are_of_the_same_paths(series):
    X, y = make_supervised(series)
    levels = [0.05, 0.1, 0.5, 0.9, 0.95]
    network = MLPRegressor(quantiles=levels, epochs=2, random_state=0)
    model = make_pipeline(SlidingWindowTransformer(3), network).fit(X, y)
    drawn = [
        ForecastDisplay.from_estimator(
            model, series, 9, coverage=[0.8, 0.9], random_state=0
        ).interval
        for _ in "ab"
    ]
    inner, outer = (drawn[0][coverage].to_numpy() for coverage in (0.8, 0.9))
    assert (outer[:, 0] <= inner[:, 0]).all() and (inner[:, 1] <= outer[:, 1]).all()
    assert_array_equal(outer, drawn[1][0.9])


def test_many_series_and_arrays_have_bounds(series):
    many = pd.concat({"x": series, "y": series.tail(50) + 3})
    _, model = fitted(many, 2, epochs=2)
    made = forecast(model, many, 5, coverage=0.9, n_paths=20, random_state=0)
    assert made.index.equals(forecast(model, many, 5).index)
    assert (made["a_lower"] < made["a_upper"]).all()
    short = pd.concat({"x": series, "y": series.tail(3)})
    assert np.isfinite(forecast(model, short, 5, coverage=0.9, n_paths=9)).all(
        axis=None
    )
    values = series.to_numpy()
    X, y = make_supervised(values, window=4)
    model = MLPRegressor(**QUICK).fit(X, y)
    made = forecast(model, values, 3, coverage=0.9, n_paths=20)
    assert made.shape == (3, 3) and (np.diff(made[:, [1, 2]]) > 0).all()


def test_paths_know_what_is_known_ahead(series):
    both = series.assign(b=np.arange(400.0))
    X, y = make_supervised(both, horizon=2, target="a", ahead=["b"])
    network = MLPRegressor(quantiles=[0.05, 0.5, 0.95], random_state=0, epochs=2)
    windows = SlidingWindowTransformer(4)
    model = make_pipeline(windows, network).fit(X, y)
    times = pd.date_range(series.index[-1], periods=7, freq="D")[1:]
    future = pd.DataFrame({"b": np.arange(400.0, 406)}, times)
    made = forecast(model, both, 5, target="a", future=future, coverage=0.9, n_paths=20)
    assert list(made) == ["a", "a_lower", "a_upper"] and len(made) == 5
    assert np.isfinite(made).all(axis=None)
