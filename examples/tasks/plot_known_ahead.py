"""
Channels that are known ahead
=============================

Does the network forecast better if it knows which month it will be? The sea off Peru is
warm in March and cold in September, and the calendar is known for years ahead.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from statsmodels.datasets import elnino

from skts import (
    ForecastDisplay,
    MLPRegressor,
    SlidingWindowTransformer,
    make_supervised,
)

# %%
# A row holds what is known when the next month is predicted: the temperature of its own
# month, and where in the year the next one is. So the calendar is shifted by a month.


def with_calendar(temperature):
    angle = 2 * np.pi * (temperature.index.month % 12) / 12
    return temperature.assign(next_sin=np.sin(angle), next_cos=np.cos(angle))


table = elnino.load_pandas().data.set_index("YEAR")
months = pd.period_range("1950-01", periods=table.size, freq="M")
temperature = pd.DataFrame({"celsius": table.to_numpy().ravel()}, index=months)
series = with_calendar(temperature)
print(series.head(3).round(2).to_string())

# %%
# Three months in, the next one out; the last ten years are for the test. The network is
# told how many channels there are, and which of them its target continues.


def fit(series, seed):
    X, y = make_supervised(series, target="celsius")
    network = MLPRegressor(
        n_channels=series.shape[1],
        window_norm="last",
        target_channels=0,
        random_state=seed,
    )
    model = make_pipeline(SlidingWindowTransformer(3, padding="nan"), network)
    model.fit(X[:-120], y[:-120])
    return model, mean_absolute_error(y[-120:], model.predict(X[-120:]))


models = {"temperature alone": temperature, "and the calendar": series}
errors = {name: [fit(X, seed)[1] for seed in range(5)] for name, X in models.items()}
print("Mean absolute error in degrees, five seeds")
print(pd.DataFrame(errors).agg(["mean", "min", "max"]).round(3).to_string())

# %%
# Beyond the data, the calendar comes from ``future``.

known, truth = series[:-120], temperature[-120:-84]
future = series[-120:-84][["next_sin", "next_cos"]]
model, _ = fit(series, seed=0)
ForecastDisplay.from_estimator(
    model, known, steps=36, target="celsius", future=future, truth=truth
)
plt.show()
