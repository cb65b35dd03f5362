"""Fitted pipelines and networks in the formats of other tools."""

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from skts import (
    GRURegressor,
    InceptionTimeRegressor,
    LSTMRegressor,
    MLPRegressor,
    SlidingWindowTransformer,
    make_supervised,
)

DAYS = pd.date_range("2024-01-01", periods=80, tz="Europe/Berlin")
SERIES = pd.DataFrame({"a": np.arange(80.0) % 7}, index=DAYS)
X, Y = make_supervised(SERIES)


@pytest.mark.parametrize("model", [Ridge(), MLPRegressor(epochs=2)], ids=str)
def test_skops_stores_a_pipeline_of_a_dated_frame(model):
    pipe = make_pipeline(SlidingWindowTransformer(4), model).fit(X[:60], Y[:60])
    data = skops.io.dumps(pipe)
    types = skops.io.get_untrusted_types(data=data)
    assert all(name.startswith("skts.") for name in types)
    loaded = skops.io.loads(data, trusted=types)
    np.testing.assert_array_equal(loaded.predict(X[60:]), pipe.predict(X[60:]))


@pytest.mark.filterwarnings("ignore:In the future `np.object`:FutureWarning")  # tf2onnx
@pytest.mark.parametrize("norm", [None, "last", "level", "standard"])
@pytest.mark.parametrize(
    "cls", [MLPRegressor, LSTMRegressor, GRURegressor, InceptionTimeRegressor]
)
def test_onnx_predicts_what_the_network_does(cls, norm, tmp_path):
    values = np.random.default_rng(0).normal(9, 2, size=(90, 5, 1)).astype("float32")
    values[3, 2:] = np.nan
    model = cls(epochs=1, window_norm=norm).fit(values, values[:, 0, 0])
    path = str(tmp_path / "network.onnx")
    model.model_.export(path, format="onnx", verbose=False)
    model.to_keras().export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path)
    (predicted,) = session.run(None, {session.get_inputs()[0].name: values})
    np.testing.assert_allclose(predicted[:, 0], model.predict(values), rtol=1e-4)
