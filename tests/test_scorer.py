"""Forecasts as the score of a search."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_absolute_error, median_absolute_error, r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from skts import (
    SlidingWindowTransformer,
    forecast,
    make_forecast_scorer,
    make_supervised,
)
from skts.metrics import mean_absolute_scaled_error

DAYS = pd.date_range("2024-01-01", periods=60)


def make_series(columns=("a",)):
    values = np.random.RandomState(0).normal(size=(60, len(columns)))
    return pd.DataFrame(values.cumsum(axis=0), DAYS, list(columns))


def windowed(window=3):
    return make_pipeline(SlidingWindowTransformer(window), Ridge())


def fitted(series, **options):
    X, y = make_supervised(series, **options)
    return windowed().fit(X, y)


def test_scores_forecasts_from_the_rows_of_a_fold():
    series = make_series()
    model = fitted(series[:30])
    score = make_forecast_scorer(mean_absolute_error, series, steps=5)

    # Origins at 35, 40, ..., 50; after the rows of X the truth goes on to row 55.
    X = series[35:53]
    errors = [
        np.abs(forecast(model, series[: k + 1], 5)["a"] - series["a"][k + 1 : k + 6])
        for k in range(35, 53, 5)
    ]
    assert score(model, X) == pytest.approx(-np.mean(errors))
    assert score(model, X, y="not looked at") == score(model, X)


@pytest.mark.parametrize(
    "stride, origins", [(None, [30, 34]), (1, range(30, 36)), (5, [30, 35])]
)
def test_origins_of_a_fold(stride, origins):
    series = make_series()[:40]
    seen = []

    def count_score(y_true, y_pred):
        seen.extend(y_true)
        return 0.0

    score = make_forecast_scorer(count_score, series, steps=4, stride=stride)
    score(fitted(series[:30]), series[30:39])
    expected = [series["a"].iloc[k + 1 : k + 5] for k in origins]
    np.testing.assert_array_equal(seen, np.ravel(expected))


def test_scores_are_better_the_larger_they_are():
    series = make_series()
    model, X = fitted(series[:30]), series[40:]
    error = make_forecast_scorer(median_absolute_error, series, 3)(model, X)
    scaled = partial(mean_absolute_scaled_error, y_train=series[:30])
    assert error < 0
    assert make_forecast_scorer(scaled, series, 3)(model, X) < 0
    truth = series["a"][1:]
    perfect = make_forecast_scorer(r2_score, pd.DataFrame({"a": 0.0 * truth}), 3)
    zero = DummyRegressor(strategy="constant", constant=0.0).fit(X, X)
    assert perfect(zero, X) == 1


def test_a_search_takes_it():
    series = make_series()
    X, y = make_supervised(series, horizon=2)
    score = make_forecast_scorer(mean_absolute_error, series, steps=6)
    grid = {"slidingwindowtransformer__window": [1, 4]}
    cv = TimeSeriesSplit(3, gap=1)
    search = GridSearchCV(windowed(), grid, cv=cv, scoring=score)
    search.fit(X, y)

    for k, (train, test) in enumerate(cv.split(X)):
        model = windowed(window=4).fit(X.iloc[train], y.iloc[train])
        expected = score(model, X.iloc[test])
        assert search.cv_results_[f"split{k}_test_score"][1] == expected
    assert repr(score) == "make_forecast_scorer(mean_absolute_error, steps=6)"


def test_a_search_over_windows_made_in_advance_takes_it():
    series = make_series()
    X, y = make_supervised(series, window=4)
    score = make_forecast_scorer(mean_absolute_error, series, steps=6)
    scores = cross_val_score(Ridge(), X, y, cv=TimeSeriesSplit(3), scoring=score)
    assert np.isfinite(scores).all()


def test_can_be_pickled():
    series = make_series()
    score = make_forecast_scorer(mean_absolute_error, series, steps=3)
    again = pickle.loads(pickle.dumps(score))
    model = fitted(series)
    assert again(model, series[30:]) == score(model, series[30:])


def test_several_targets_and_columns_that_are_not_predicted():
    series = make_series("abc")
    for target in ["b", ["c", "a"]]:
        model = fitted(series, horizon=3, target=target)
        score = make_forecast_scorer(mean_absolute_error, series, 3, target=target)
        errors = [
            np.abs(
                forecast(model, series[: k + 1], 3, target=target)
                - series[k + 1 : k + 4]
            )[list(target)]
            for k in (30, 33)
        ]
        assert score(model, series[30:36]) == pytest.approx(-np.mean(errors))


def test_rows_whose_truth_is_unknown_do_not_count():
    series = make_series()
    model = fitted(series)
    gaps = series.copy()
    gaps.iloc[58] = np.nan
    score = make_forecast_scorer(mean_absolute_error, gaps, steps=2)
    error = np.abs(forecast(model, series[:58], 2)["a"] - series["a"][58:])
    assert score(model, gaps[57:58]) == -error.iloc[1]


@pytest.mark.parametrize(
    "X, error, message",
    [
        (make_series().to_numpy(), TypeError, "X is a ndarray without labels"),
        (make_series().shift(9, freq="D"), ValueError, "series lacks 9 of the 60 rows"),
        (make_series()[-3:], ValueError, "No row of X is followed by 3 rows"),
    ],
    ids=["array", "other rows", "end"],
)
def test_rows_that_cannot_be_scored(X, error, message):
    series = make_series()
    score = make_forecast_scorer(mean_absolute_error, series, steps=3)
    with pytest.raises(error, match=message):
        score(fitted(series), X)


@pytest.mark.parametrize(
    "metric",
    [lambda y_true, y_pred: 0.0, np.mean, partial(np.sum)],
    ids=["lambda", "function", "partial"],
)
def test_a_metric_must_tell_what_is_better(metric):
    with pytest.raises(ValueError, match="does not tell if more or less"):
        make_forecast_scorer(metric, make_series(), 3)


@pytest.mark.parametrize(
    "parameters",
    [{"metric": "r2"}, {"series": [1.0, 2.0]}, {"steps": 0}, {"stride": 0}],
)
def test_parameters_of_the_scorer_are_checked(parameters):
    (name,) = parameters
    valid = {"metric": r2_score, "series": make_series(), "steps": 1}
    with pytest.raises(ValueError, match=f"The '{name}' parameter"):
        make_forecast_scorer(**{**valid, **parameters})


def test_what_x_knows_ahead_comes_from_the_series():
    series = make_series(["a", "b"])
    series["a"] = 3 * series["b"]
    X, y = make_supervised(series, horizon=3, ahead="b")
    model = make_pipeline(SlidingWindowTransformer(2), LinearRegression())
    score = make_forecast_scorer(mean_absolute_error, series, steps=4)
    scores = cross_val_score(model, X, y, cv=TimeSeriesSplit(2, gap=2), scoring=score)
    assert scores == pytest.approx(0)
    late = X.tail(3)
    with pytest.raises(ValueError, match="No row of X is followed by 6 rows"):
        score(model.fit(X, y), late)
