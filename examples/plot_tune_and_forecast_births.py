"""
Tune a network and forecast the next 30 days
============================================

How many babies will be born tomorrow? The series is that of the daily female births in
California in 1959. Two networks are tuned like any other scikit-learn regressor, on
folds in time order, and stand beside three baselines on the same folds. The best of
them then forecasts the next 30 days.

It needs ``pip install '.[plot]'``.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skts import (
    ForecastDisplay,
    LSTMRegressor,
    MLPRegressor,
    SlidingWindowTransformer,
    forecast,
    make_supervised,
)
from skts.datasets import load_daily_births

# %%
# Row t of X holds the births of day t, and row t of y those of the day after. The
# Pipeline makes the windows, so that their length can be tuned as well.

births = load_daily_births()
X, y = make_supervised(births)
folds = TimeSeriesSplit(3)
print(f"1/5  {len(births)} days of births, {births.index[0]:%d %b %Y} and on")


def tune(model, **grid):
    """Search the length of the window and `grid`; return the fitted search."""
    # Rows whose window reaches back to before the series are marked by NaN: the
    # networks leave them out of training. Ridge knows no NaN: repeat the first day.
    padding = "edge" if isinstance(model, Ridge) else "nan"
    pipe = make_pipeline(SlidingWindowTransformer(padding=padding), model)
    step = pipe.steps[-1][0]
    grid = {f"{step}__{name}": values for name, values in grid.items()}
    grid["slidingwindowtransformer__window"] = [7, 14]
    search = GridSearchCV(pipe, grid, cv=folds, scoring="neg_mean_absolute_error")
    return search.fit(X, y)


# %%
# Two networks, each with two windows and two lengths of training on three folds: 12
# trainings and one more on all days. The folds share their compiled programs.

searches = {}
networks = {
    "LSTM": LSTMRegressor(random_state=0),
    "MLP": MLPRegressor(random_state=0),
}
for number, (name, network) in enumerate(networks.items(), start=2):
    searches[name] = tune(network, epochs=[10, 20])
    windows, tuned = searches[name].best_estimator_
    print(f"{number}/5  {name} tuned: window {windows.window}, {tuned.epochs} epochs")

# %%
# The baselines see the same folds.

searches["Ridge on windows"] = tune(Ridge(), alpha=[1, 100, 10_000])
errors = {
    name: -search.cv_results_["mean_test_score"][search.best_index_]
    for name, search in searches.items()
}
guesses = {
    "repeat the last day": births["births"],
    "mean of the last week": births["births"].rolling(7, min_periods=1).mean(),
}
for name, guess in guesses.items():
    errors[name] = np.mean(
        [
            mean_absolute_error(y.iloc[test], guess.iloc[test])
            for _, test in folds.split(X)
        ]
    )
table = pd.Series(errors, name="births a day").sort_values()
print("4/5  Mean absolute error one day ahead, over three folds in time order")
print(table.round(2).to_string())

# %%
# What the numbers say: all models that look at more than the last day are close
# together, because the series is close to noise around a level that moves slowly.
# Searching on the folds that also score flatters the three tuned models a little.

best = min(networks, key=errors.get)
against = ", ".join(
    f"{errors[best] / error - 1:+.1%} against {name!r}"
    for name, error in errors.items()
    if name not in networks
)
print(f"Error of the {best}: {against}.")
print("This series is close to noise around a level that moves slowly.")

# %%
# The forecast of one day is appended to the series to forecast the next, 30 times.

future = forecast(searches[best], births, steps=30)
print(f"5/5  The next 30 days by the {best}")
print(future.round(1).to_string())

# %%
# It soon stays at the level that it expects: of noise, the mean is all that can be
# forecast.

figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
ForecastDisplay.from_predictions(births, future, n_history=90, ax=axes)
axes.set(ylabel="girls born a day")
figure.suptitle("Daily female births in California, 1959")
figure.savefig("births_forecast.png", dpi=150)
print("Picture: births_forecast.png")
