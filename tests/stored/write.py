"""Write what a user of this version may have stored.

After `make test-oldest`, run `.venv-oldest/bin/python tests/stored/write.py`: what the
lowest versions of all packages store, later ones load, but not the other way round. The
file is named by the version. `tests/test_storage.py` loads those of all versions.
"""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

import skts


def dated():
    """Return a pipeline that keeps the past of its rows, and rows that follow them."""
    days = pd.date_range("2024-03-01", periods=40, tz="Europe/Berlin", name="day")
    series = pd.DataFrame({"sold": np.arange(40.0) ** 1.5 % 7}, days)
    X, y = skts.make_supervised(series, horizon=2)
    windows = skts.SlidingWindowTransformer(4, padding="nan")
    network = skts.MLPRegressor(units=(4,), epochs=2, random_state=0)
    return make_pipeline(windows, network).fit(X[:30], y[:30]), X[30:]


def sequences():
    """Return a network, and sequences without times."""
    X = np.sin(np.arange(160)).reshape(20, 4, 2).astype("float32")
    network = skts.LSTMRegressor(units=2, epochs=2, random_state=0)
    return network.fit(X, X[:, -1, 0]), X[:5]


def write(folder):
    """Store models, what they were given, without pandas, and what they predicted."""
    content = {}
    for model, X in (dated(), sequences()):
        dates = list(map(str, X.index)) if isinstance(X, pd.DataFrame) else None
        content[type(model).__name__] = model, np.asarray(X), dates, model.predict(X)
    path = Path(folder, f"{skts.__version__}.pickle")
    path.write_bytes(pickle.dumps(content, protocol=4))
    return path


if __name__ == "__main__":
    print(write(Path(__file__).parent))
