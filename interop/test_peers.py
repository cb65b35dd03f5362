"""skts' networks inside other forecasting libraries.

An LSTM remembers best what it reads last, so it forecasts the same from a peer's
windows as from those of `make_supervised` only if both have time run the same way, over
the same rows. Run by `make interop`, in an environment of its own: some peers hold
pandas back.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skts import LSTMRegressor, SlidingWindowTransformer, forecast, make_supervised
from skts.datasets import load_daily_births

BIRTHS = load_daily_births()["births"].astype(float).head(150)
WINDOW = 7
STEPS = 5


@pytest.fixture
def network():
    return LSTMRegressor(units=8, epochs=5, learning_rate=0.02, random_state=0)


@pytest.fixture
def recursive(network):
    """One step ahead, of which each is a lag of the next."""
    X, y = make_supervised(BIRTHS, window=WINDOW)
    return forecast(network.fit(X, y), BIRTHS, steps=STEPS).to_numpy().ravel()


@pytest.fixture
def direct(network):
    """A network for each step ahead, whose names peers do not hand over."""
    X, Y = make_supervised(BIRTHS, window=WINDOW, horizon=STEPS)
    steps = Y.to_numpy().T
    fitted = [network.fit(X, step).predict(last_window()) for step in steps]
    return np.concatenate(fitted)


@pytest.fixture
def multioutput(network):
    """One network for all steps ahead, whose names peers do not hand over."""
    X, Y = make_supervised(BIRTHS, window=WINDOW, horizon=STEPS)
    return network.fit(X, Y.to_numpy()).predict(last_window()).ravel()


def last_window():
    windows = SlidingWindowTransformer(WINDOW).set_output(transform="pandas")
    return windows.fit_transform(BIRTHS.to_frame()).tail(1)


def assert_forecast(found, expected):
    np.testing.assert_allclose(np.ravel(found), expected, rtol=1e-9)


@pytest.fixture
def turned_round(network):
    """For skforecast, which hands over lags newest first, in arrays without names."""
    return make_pipeline(FunctionTransformer(np.fliplr), network)


def test_skforecast_recursive(turned_round, recursive):
    from skforecast.recursive import ForecasterRecursive

    forecaster = ForecasterRecursive(estimator=turned_round, lags=WINDOW)
    forecaster.fit(y=BIRTHS)
    assert_forecast(forecaster.predict(steps=STEPS), recursive)


def test_skforecast_direct(turned_round, direct):
    from skforecast.direct import ForecasterDirect

    forecaster = ForecasterDirect(estimator=turned_round, lags=WINDOW, steps=STEPS)
    forecaster.fit(y=BIRTHS)
    assert_forecast(forecaster.predict(), direct)


def test_skforecast_with_some_lags(network, turned_round):
    from skforecast.recursive import ForecasterRecursive

    lags = [1, 2, 7]
    forecaster = ForecasterRecursive(estimator=turned_round, lags=lags)
    forecaster.fit(y=BIRTHS)
    X, y = make_supervised(BIRTHS, window=max(lags))
    network.fit(X[["births_lag6", "births_lag1", "births_lag0"]], y)
    assert_forecast(forecaster.predict(STEPS), forecast(network, BIRTHS, steps=STEPS))


def two_series():
    """Births and their mirror image, with windows and what stands beside by hand."""
    both = {"a": BIRTHS, "b": 80 - BIRTHS}
    frames = [make_supervised(series, window=WINDOW) for series in both.values()]
    X = pd.concat([X.set_axis(lag_names(), axis=1) for X, _ in frames])
    y = pd.concat([y for _, y in frames])
    return both, X, y.rename(None)  # whose name is not that of the lags


def lag_names():
    return [f"x_lag{k}" for k in reversed(range(WINDOW))]


def test_skforecast_with_a_column_that_tells_series_apart(network):
    from skforecast.recursive import ForecasterRecursiveMultiSeries

    both, X, y = two_series()
    X["series"] = np.repeat([0.0, 1.0], len(X) // 2)
    network.fit(X, y)
    forecaster = ForecasterRecursiveMultiSeries(estimator=clone(network), lags=WINDOW)
    forecaster.fit(series={name: series.asfreq("D") for name, series in both.items()})
    found = forecaster.predict(1)["pred"]
    last = [[*series.tail(WINDOW), code] for code, series in enumerate(both.values())]
    assert_forecast(found, network.predict(pd.DataFrame(last, columns=X.columns)))


@pytest.mark.filterwarnings("ignore:.*remember_data:FutureWarning")
@pytest.mark.parametrize("strategy", ["recursive", "direct", "multioutput"])
def test_sktime_make_reduction(network, strategy, request):
    from sktime.forecasting.compose import make_reduction

    forecaster = make_reduction(network, window_length=WINDOW, strategy=strategy)
    forecaster.fit(BIRTHS, fh=np.arange(1, STEPS + 1))
    assert_forecast(forecaster.predict(), request.getfixturevalue(strategy))


def test_mlforecast(network, recursive):
    from mlforecast import MLForecast

    frame = BIRTHS.rename_axis("ds").rename("y").reset_index().assign(unique_id=0)
    forecaster = MLForecast({"net": network}, freq="D", lags=range(1, WINDOW + 1))
    forecaster.fit(frame)
    assert_forecast(forecaster.predict(STEPS)["net"], recursive)


def test_mlforecast_with_calendar_and_columns_known_ahead(network):
    from mlforecast import MLForecast

    both, X, y = two_series()
    dates, price = BIRTHS.index, np.arange(len(BIRTHS) + 1.0) % 11
    # For each row, the price and the day of the week of the day that is predicted.
    beside = np.c_[price[WINDOW:-1], dates.day_of_week[WINDOW:]]
    X[["price", "dayofweek"]] = np.tile(beside, (2, 1))
    frame = pd.concat(
        pd.DataFrame({"unique_id": name, "ds": dates, "y": series, "price": price[:-1]})
        for name, series in both.items()
    )
    forecaster = MLForecast(
        {"net": clone(network)},
        freq="D",
        lags=range(1, WINDOW + 1),
        date_features=["dayofweek"],
    )
    forecaster.fit(frame, static_features=[])
    next_day = dates[-1] + pd.Timedelta(days=1)
    future = {"unique_id": ["a", "b"], "ds": next_day, "price": price[-1]}
    found = forecaster.predict(1, X_df=pd.DataFrame(future))["net"]
    ahead = [price[-1], next_day.day_of_week]
    last = [[*series.tail(WINDOW), *ahead] for series in both.values()]
    network.fit(X, y)
    expected = network.predict(pd.DataFrame(last, columns=X.columns))
    np.testing.assert_allclose(found, expected, rtol=1e-4)  # its lags are float32


def test_darts(network, recursive):
    from darts import TimeSeries
    from darts.models import SKLearnModel

    model = SKLearnModel(lags=WINDOW, model=network)
    model.fit(TimeSeries.from_series(BIRTHS))
    assert_forecast(model.predict(STEPS).values(), recursive)


def test_darts_several_steps(network, multioutput):
    from darts import TimeSeries
    from darts.models import SKLearnModel

    model = SKLearnModel(
        lags=WINDOW, model=network, output_chunk_length=STEPS, multi_models=True
    )
    model.fit(TimeSeries.from_series(BIRTHS))
    assert_forecast(model.predict(STEPS).values(), multioutput)


@pytest.fixture
def split():
    X, y = make_supervised(BIRTHS, window=WINDOW)
    return X[:90], y[:90], X[90:], y[90:]


# MAPIE asks with rows of zeros, without names, whether a network is fitted.
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_mapie_split_conformal(network, split):
    from mapie.regression import SplitConformalRegressor

    X, y, X_new, y_new = split
    mapie = SplitConformalRegressor(network, confidence_level=0.8, prefit=False)
    mapie.fit(X, y).conformalize(X_new[:30], y_new[:30])
    assert_intervals(*mapie.predict_interval(X_new[30:]), y_new[30:])
    np.testing.assert_array_equal(
        mapie.predict(X_new), network.fit(X, y).predict(X_new)
    )


def test_mapie_cross_conformal(network, split):
    from mapie.regression import CrossConformalRegressor

    X, y, X_new, y_new = split
    mapie = CrossConformalRegressor(network, confidence_level=0.8, cv=3)
    mapie.fit_conformalize(X, y)
    assert_intervals(*mapie.predict_interval(X_new), y_new)


def test_mapie_time_series(network, split):
    from mapie.regression import TimeSeriesRegressor
    from mapie.subsample import BlockBootstrap

    X, y, X_new, y_new = split
    blocks = BlockBootstrap(n_resamplings=20, n_blocks=5, random_state=0)
    mapie = TimeSeriesRegressor(network, cv=blocks, agg_function="mean")
    mapie.fit(X, y)
    assert_intervals(*mapie.predict(X_new, confidence_level=0.8), y_new)


def assert_intervals(predicted, intervals, y):
    lower, upper = intervals[:, :, 0].T
    assert (lower <= predicted).all() and (predicted <= upper).all()
    assert np.mean((lower <= y) & (y <= upper)) > 0.6
