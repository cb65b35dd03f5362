"""What training costs in memory.

300 fits in one process, over eight networks and folds of changing length; the cost of
one more program beside that of one `keras.Model.fit`; and an epoch over two million
overlapping windows of 200.
"""

import gc
import resource
import subprocess
import sys

import numpy as np


def resident():
    """Return resident memory in MB."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def peak():
    """Return the largest resident memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def windows(n_rows, timesteps=12):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_rows, timesteps)), rng.normal(size=n_rows)


def estimators():
    from skts import CNNRegressor, LSTMRegressor, MLPRegressor

    kinds = MLPRegressor, CNNRegressor, LSTMRegressor
    for jit_compile in (True, False):
        for kind in kinds:
            yield kind(jit_compile=jit_compile, epochs=3)
    yield MLPRegressor(jit_compile=True, epochs=3, optimizer="sgd")
    yield LSTMRegressor(jit_compile=True, epochs=3, units=20)


def many_fits(n_fits=300, warm=30):
    models = list(estimators())
    rng = np.random.default_rng(0)
    for i in range(1, n_fits + 1):
        x, y = windows(rng.integers(40, 400))
        models[i % len(models)].set_params(random_state=i).fit(x, y).predict(x)
        if i == warm:
            start = resident()
        if i % warm == 0:
            grown = f"{resident() - start:+7.1f} MB" if i >= warm else ""
            print(f"{i:6d} fits {resident():8.1f} MB {grown}", flush=True)


def new_programs(n=10):
    from skts import MLPRegressor

    x, y = windows(100)
    for jit_compile in (False, True):
        sizes = []
        for batch_size in range(20, 21 + n):
            model = MLPRegressor(
                jit_compile=jit_compile, batch_size=batch_size, epochs=1
            )
            model.fit(x, y)
            sizes.append(resident())
        name = "XLA" if jit_compile else "graph"
        print(f"one more program, {name}: {np.diff(sizes)[2:].mean():6.1f} MB")


def keras_fits(n=10):
    import keras

    x, y = windows(100)
    sizes = []
    for _ in range(n):
        net = keras.Sequential(
            [keras.Input((12,)), keras.layers.Dense(100, "relu"), keras.layers.Dense(1)]
        )
        net.compile("adam", "mse")
        net.fit(x, y, epochs=1, verbose=0)
        sizes.append(resident())
    print(f"one more keras.Model.fit: {np.diff(sizes)[2:].mean():6.1f} MB")


def long_series(n_rows=2_000_000, window=200):
    import skts._training  # noqa: F401
    from skts import MLPRegressor, SlidingWindowTransformer

    series = np.random.default_rng(0).normal(size=(n_rows + 1, 1))
    for dtype in ("float32", "float64"):
        values = series.astype(dtype)
        before = resident()
        x = SlidingWindowTransformer(window).fit_transform(values[:-1])
        MLPRegressor(epochs=1, batch_size=256).fit(x, values[1:, 0])
        print(f"{n_rows:,} windows of {window}, {dtype}: peak {peak() - before:.0f} MB")


if __name__ == "__main__":
    jobs = many_fits, new_programs, keras_fits, long_series
    if len(sys.argv) > 1:
        {job.__name__: job for job in jobs}[sys.argv[1]]()
    else:
        for job in jobs:  # each in a fresh process
            print(f"\n{job.__name__.replace('_', ' ')}", flush=True)
            subprocess.run([sys.executable, __file__, job.__name__], check=True)
