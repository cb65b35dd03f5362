"""On dask: searches, partial fits over chunks, and other libraries' own engines."""

import dask.array as da
import dask.dataframe as dd
import joblib
import numpy as np
import pandas as pd
import pytest
from dask.distributed import Client, LocalCluster
from dask_ml.wrappers import Incremental, ParallelPostFit
from mlforecast import MLForecast
from mlforecast.distributed import DistributedMLForecast
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skts import LSTMRegressor, MLPRegressor, SlidingWindowTransformer, make_supervised
from skts.datasets import load_daily_births


@pytest.fixture(scope="module", autouse=True)
def client():
    """Two processes of one thread each, as where workers share a machine."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


def test_a_search_on_workers_is_that_of_one_process():
    X, y = make_supervised(load_daily_births())
    network = LSTMRegressor(units=4, epochs=3, random_state=0)
    model = make_pipeline(SlidingWindowTransformer(7), network)
    grid = {"lstmregressor__units": [4, 8]}
    search = GridSearchCV(model, grid, cv=TimeSeriesSplit(3))
    alone = clone(search).fit(X, y)
    with joblib.parallel_config("dask"):
        search.fit(X, y)
    for name in ("split0_test_score", "split2_test_score"):
        assert_array_equal(search.cv_results_[name], alone.cv_results_[name])
    assert_array_equal(search.predict(X), alone.predict(X))


def test_chunks_are_learned_in_turn_and_predicted_side_by_side():
    X, y = make_supervised(load_daily_births(), window=7)
    X, y = np.asarray(X), np.asarray(y)
    chunks = da.from_array(X, (120, 7)), da.from_array(y, 120)
    network = MLPRegressor(units=4, random_state=0)
    alone = clone(network)
    for start in range(0, len(X), 120):
        alone.partial_fit(X[start : start + 120], y[start : start + 120])
    model = Incremental(network, shuffle_blocks=False).fit(*chunks)
    assert_array_equal(model.estimator_.predict(X), alone.predict(X))
    predicted = model.predict(chunks[0])
    assert_array_equal(predicted.compute(), alone.predict(X))

    parallel = ParallelPostFit(clone(network).fit(X, y))
    assert_array_equal(
        parallel.predict(chunks[0]).compute(), parallel.estimator.predict(X)
    )


class OnOneWorker(RegressorMixin, BaseEstimator):
    """What mlforecast takes for a model of dask: `model_` is what it predicts by."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y, sample_weight=None):
        self.model_ = clone(self.estimator).fit(X.compute(), y.compute())
        return self


def test_mlforecast_makes_features_on_workers():
    births = load_daily_births()["births"].to_numpy()
    rows = pd.DataFrame(
        {
            "unique_id": np.repeat(["a", "b"], 120),
            "ds": np.tile(pd.date_range("2024", periods=120), 2),
            "y": births[:240].astype(float),
        }
    )
    network = MLPRegressor(units=4, epochs=3, random_state=0)
    options = {"freq": "D", "lags": [1, 2, 3, 7]}
    alone = MLForecast({"mlp": network}, **options).fit(rows, static_features=[])
    on_workers = DistributedMLForecast({"mlp": OnOneWorker(network)}, **options)
    on_workers.fit(dd.from_pandas(rows, npartitions=2), static_features=[])
    predicted = on_workers.predict(5).compute().sort_values(["unique_id", "ds"])
    expected = alone.predict(5).sort_values(["unique_id", "ds"])
    assert_allclose(predicted["mlp"], expected["mlp"], rtol=1e-5)
