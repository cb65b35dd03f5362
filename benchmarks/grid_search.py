"""How long a grid search takes, beside the same pipeline with scikeras in it.

Three windows, two sizes of LSTM and five folds of births: 30 fits and the last one on
all rows. Only the last step of the pipeline differs: it gets the same standardised
rows, and its weights begin at random. Each search is a process of its own, and its
seconds hold all tracing and compiling but no imports, which processes and workers of
dask have to do themselves. "again" is the second search of such workers. "error" is the
mean absolute one of the best, in births.
Usage: grid_search.py [searches of skts whose median is taken, default 3]
"""

import contextlib
import importlib.util
import json
import statistics
import sys
import time

from training_speed import BARE, run_apart

SIDES = {
    "skts, n_jobs=1": ("skts", 1, "threading"),
    "skts, n_jobs=2, threads": ("skts", 2, "threading"),
    "scikeras, n_jobs=1": ("scikeras", 1, "threading"),
    "skts, n_jobs=2, processes": ("skts", 2, "loky"),
    "skts, n_jobs=2, processes, again": ("skts", 2, "loky again"),
}
if importlib.util.find_spec("dask_ml"):  # the extra engines
    SIDES |= {
        "skts, 2 workers of dask": ("skts", 2, "dask"),
        "skts, 2 workers of dask, again": ("skts", 2, "dask again"),
    }
TRAINING = {"epochs": 100, "batch_size": 32, "optimizer": "adam", "loss": "mse"}


def skts_network():
    from skts import LSTMRegressor

    network = LSTMRegressor(**TRAINING, **BARE, standardize=False, random_state=0)
    return network, "units"


def scikeras_network():
    from scikeras.wrappers import KerasRegressor

    network = KerasRegressor(build, units=50, **TRAINING, random_state=0, verbose=0)
    return network, "model__units"


def build(meta, units):
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((meta["n_features_in_"],)),
            layers.Reshape((-1, 1)),
            layers.LSTM(units),
            layers.Dense(1),
        ]
    )


@contextlib.contextmanager
def workers(backend, n_jobs):
    """Let joblib use a backend."""
    from joblib import parallel_config

    with contextlib.ExitStack() as stack:
        if backend == "dask":
            from dask.distributed import Client

            client = Client(n_workers=n_jobs, threads_per_worker=1)
            stack.enter_context(client)
        stack.enter_context(parallel_config(backend))
        yield


def run(library, n_jobs, backend):
    """Return the seconds of one search and the error of what it found."""
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    from sklearn.pipeline import Pipeline

    import skts._training
    from skts.datasets import load_daily_births

    network, size = {"skts": skts_network, "scikeras": scikeras_network}[library]()
    births = load_daily_births()
    scaled = (births - births.mean()) / births.std()  # scikeras leaves it to the user
    X, y = skts.make_supervised(scaled)
    windows = skts.SlidingWindowTransformer()  # pads, as scikeras refuses NaN
    search = GridSearchCV(
        Pipeline([("windows", windows), ("network", network)]),
        {"windows__window": [7, 14, 28], f"network__{size}": [25, 50]},
        cv=TimeSeriesSplit(5),
        scoring="neg_mean_absolute_error",
        n_jobs=n_jobs,
        error_score="raise",
    )
    backend, _, again = backend.partition(" ")
    with workers(backend, n_jobs):
        if again:
            search.fit(X, y)
        start = time.perf_counter()
        search.fit(X, y)
        seconds = time.perf_counter() - start
    return seconds, -search.best_score_ * births.std().item()


def measure(side, repeats):
    """Return the median of the seconds of `repeats` searches, and the error."""
    searches = [run_apart(__file__, *SIDES[side]) for _ in range(repeats)]
    seconds, errors = zip(*searches)
    return statistics.median(seconds), errors[0]


def main(repeats=3):
    title = f"skts: median of {repeats}, scikeras: one search"
    print(f"{title:44s} {'seconds':>8s} {'error':>6s}")
    seconds = {}
    for side, (library, *_) in SIDES.items():
        seconds[side], error = measure(side, repeats if library == "skts" else 1)
        print(f"{side:44s} {seconds[side]:8.2f} {error:6.2f}", flush=True)
    one, two, scikeras, *_ = seconds.values()
    print(f"{'scikeras / skts, n_jobs=1 (floor 5x)':44s} {scikeras / one:7.1f}x")
    print(f"{'skts, n_jobs=1 / n_jobs=2 (goal 1.4x)':44s} {one / two:7.1f}x")


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        print(json.dumps(run(sys.argv[2], int(sys.argv[3]), sys.argv[4])))
    else:
        main(*map(int, sys.argv[1:2]))
