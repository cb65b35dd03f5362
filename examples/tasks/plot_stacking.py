"""
A network stacked with gradient boosting
========================================

Are two models better than each of them? A network and gradient boosting err in
different ways; a linear model on top learns how much to trust each.

It needs ``pip install '.[examples]'``.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor, StackingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import KFold
from statsmodels.datasets import elnino

from skts import MLPRegressor, make_supervised

# %%
# The temperature of the Pacific off Peru, month by month from 1950 to 2010: a season,
# and every few years El Niño. A year in, the next month out.

table = elnino.load_pandas().data.set_index("YEAR")
months = pd.period_range("1950-01", periods=table.size, freq="M")
series = pd.Series(table.to_numpy().ravel(), months, name="celsius")
X, y = make_supervised(series, window=12)
X_train, X_test, y_train, y_test = X[:-120], X[-120:], y[:-120], y[-120:]

# %%
# Each row brings its own window, so that the rows may be divided into blocks; blocks,
# and not shuffled rows, since neighbouring windows share most of their values.

network = MLPRegressor(random_state=0)
boosting = GradientBoostingRegressor(random_state=0)
stack = StackingRegressor(
    [("network", network), ("boosting", boosting)], RidgeCV(), cv=KFold(3)
)

models = {"network": network, "boosting": boosting, "stack": stack}
errors = {
    "last year's month": mean_absolute_error(y_test, X_test["celsius_lag11"]),
    "last month": mean_absolute_error(y_test, X_test["celsius_lag0"]),
}
for name, model in models.items():
    predicted = model.fit(X_train, y_train).predict(X_test)
    errors[name] = mean_absolute_error(y_test, predicted)
errors = pd.Series(errors)
print(errors.round(3).to_string())
weights = np.round(stack.final_estimator_.coef_, 2)
print(f"weights in the stack: network {weights[0]}, boosting {weights[1]}")

# %%
# Hardly: the network alone is as good as the stack, which has learned to trust it. On
# other series, look for yourself; it takes a few lines.

_, ax = plt.subplots(figsize=(7, 3), layout="constrained")
errors.plot.barh(ax=ax, color="#0072B2")
ax.set_xlabel("mean absolute error, degrees")
plt.show()
