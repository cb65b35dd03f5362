"""scikit-learn's own callbacks, which came with version 1.9."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from networks import BARE
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skts import MLPRegressor, SlidingWindowTransformer, make_supervised

callback = pytest.importorskip("sklearn.callback")


def mlp(**parameters):
    return MLPRegressor(
        **{"epochs": 4, "units": 5, "random_state": 0} | BARE | parameters
    )


class Recorder:
    """Keeps what it is told, and stops a fit at the end of an epoch."""

    def __init__(self, last=None):
        self.last = last
        self.calls, self.scores = [], []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append((context.task_name, context.max_subtasks))

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.calls.append((context.task_name, context.task_id))
        self.scores.append(fitted_estimator.score(X, y, **metadata))
        return context.task_id == self.last


def test_each_epoch_is_a_task(data):
    X, y = data
    recorder = Recorder()
    fitted = mlp(epochs=2, n_networks=2).set_callbacks(recorder).fit(X, y)
    epochs = [call for k in range(4) for call in (("epoch", 0), ("epoch", k))]
    expected = ["setup", ("fit", 4), *epochs, ("fit", 0), "teardown"]
    assert recorder.calls == expected
    assert recorder.scores[-1] == recorder.scores[-2] == fitted.score(X, y)
    np.testing.assert_array_equal(
        fitted.predict(X), mlp(epochs=2, n_networks=2).fit(X, y).predict(X)
    )


def test_what_is_fitted_so_far_is_that_of_as_many_epochs(data):
    X, y = data
    weight = np.arange(40.0)
    recorder = Recorder()
    mlp(epochs=3).set_callbacks(recorder).fit(X, y, sample_weight=weight)
    shorter = [mlp(epochs=k).fit(X, y, sample_weight=weight) for k in (1, 2, 3)]
    expected = [model.score(X, y, sample_weight=weight) for model in shorter]
    np.testing.assert_allclose(recorder.scores[:3], expected)


def test_a_callback_ends_a_fit(data):
    X, y = data
    fitted = mlp().set_callbacks(Recorder(last=1)).fit(X, y)
    assert fitted.n_epochs_ == 2
    np.testing.assert_allclose(fitted.predict(X), mlp(epochs=2).fit(X, y).predict(X))


def test_a_fit_that_fails_tears_callbacks_down(data):
    X, y = data
    recorder = Recorder()
    stop = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: 1 / 0)
    model = mlp(callbacks=stop).set_callbacks(recorder)
    with pytest.raises(ZeroDivisionError):
        model.fit(X, y)
    assert recorder.calls[0] == "setup" and recorder.calls[-1] == "teardown"
    assert set(vars(model)) == set(vars(mlp())) | {"_skl_callbacks"}


def test_a_fit_leaves_nothing_of_callbacks_behind(data):
    X, y = data
    plain = mlp().fit(X, y)
    watched = clone(mlp().set_callbacks(callback.ScoringMonitor(scoring="r2")))
    assert set(vars(watched.fit(X, y))) == set(vars(plain)) | {"_skl_callbacks"}
    np.testing.assert_array_equal(watched.predict(X), plain.predict(X))
    again = pickle.loads(pickle.dumps(watched))
    np.testing.assert_array_equal(again.predict(X), plain.predict(X))


def test_callbacks_go_through_searches_and_pipelines():
    pytest.importorskip("rich")
    series = pd.DataFrame({"a": np.random.default_rng(0).normal(size=60)})
    X, y = make_supervised(series)
    monitor = callback.ScoringMonitor(scoring="r2")
    pipe = make_pipeline(SlidingWindowTransformer(4), mlp().set_callbacks(monitor))
    search = GridSearchCV(pipe, {"slidingwindowtransformer__window": [2, 3]}, cv=2)
    search.set_callbacks(callback.ProgressBar(max_propagation_depth=None)).fit(X, y)
    assert search.best_estimator_[-1].n_epochs_ == 4
