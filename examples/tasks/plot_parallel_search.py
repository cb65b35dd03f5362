"""
Searching with several threads
==============================

What does ``n_jobs`` bring? Compiled training leaves Python alone, so that threads can
work side by side, and they return the same bits as one. How much time they save is
another question.

It needs ``pip install '.[plot]'``.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skts import LSTMRegressor, SlidingWindowTransformer, make_supervised
from skts.datasets import load_daily_births

X, y = make_supervised(load_daily_births())
pipe = make_pipeline(
    SlidingWindowTransformer(14, padding="nan"), LSTMRegressor(units=16, random_state=0)
)
grid = {
    "lstmregressor__learning_rate": [0.001, 0.01],
    "lstmregressor__epochs": [4, 8, 16, 24],
}

# %%
# Epochs and learning rates are data: all fits are runs of one program. The first search
# compiles it, once for both threads; the others find it ready.


def search(n_jobs):
    """Return the fitted search, and the seconds that it took."""
    folds, score = TimeSeriesSplit(2), "neg_mean_absolute_error"
    start = time.perf_counter()
    with parallel_config(backend="threading"):
        fitted = GridSearchCV(pipe, grid, cv=folds, scoring=score, n_jobs=n_jobs)
        fitted.fit(X, y)
    return fitted, time.perf_counter() - start


_, first = search(n_jobs=2)
one, alone = search(n_jobs=1)
two, together = search(n_jobs=2)
print(f"first search, with two threads: {first:.1f} s")
print(f"again, with one thread: {alone:.1f} s, with two: {together:.1f} s")

errors = [-fitted.cv_results_["mean_test_score"] for fitted in (one, two)]
print("same bits:", np.array_equal(*errors))

# %%
# Two threads on two processors take about three quarters of the time of one here: part
# of each fit is Python, where one thread waits for the other. If another program uses
# the processors, they save nothing.
#
# What was searched for: with the larger learning rate, training on makes it worse.

_, ax = plt.subplots(layout="constrained")
for rate in grid["lstmregressor__learning_rate"]:
    chosen = one.cv_results_["param_lstmregressor__learning_rate"] == rate
    epochs = one.cv_results_["param_lstmregressor__epochs"][chosen].astype(int)
    ax.plot(epochs, errors[0][chosen], marker="o", label=f"learning rate {rate}")
ax.set(xticks=epochs, xlabel="epochs", ylabel="mean absolute error, births a day")
ax.legend()
plt.show()
