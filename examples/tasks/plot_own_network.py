"""
Bring a network of your own
===========================

Does attention help to forecast births? A GRU is one class of ten lines, and a GRU whose
states are weighed by attention is another. Both are tuned and compared like any other
regressor, on folds in time order.

It needs ``pip install '.[plot]'``.
"""

import matplotlib.pyplot as plt
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from skts import NetworkRegressor, SlidingWindowTransformer, make_supervised
from skts.datasets import load_daily_births

# %%
# Fields are parameters, and `hidden` is what comes between windows and output layer.


class GRU(NetworkRegressor):
    """A gated recurrent unit."""

    units: int = 16

    def hidden(self, layers, windows):
        return layers.GRU(self.units)(windows)


class AttentiveGRU(GRU):
    """A gated recurrent unit, all of whose states count."""

    def hidden(self, layers, windows):
        x = layers.GRU(self.units, return_sequences=True)(windows)
        x = layers.Attention()([x, x])
        return layers.GlobalAveragePooling1D()(x)


# %%
# `units` is tuned as in any other estimator.

X, y = make_supervised(load_daily_births())
folds = TimeSeriesSplit(3)
scoring = "neg_mean_absolute_error"


def windowed(model, padding):
    return make_pipeline(SlidingWindowTransformer(14, padding=padding), model)


ridge = cross_val_score(windowed(Ridge(100), "edge"), X, y, cv=folds, scoring=scoring)
errors = {"Ridge": -ridge.mean()}
for cls in (GRU, AttentiveGRU):
    model = windowed(cls(epochs=20, random_state=0), "nan")
    grid = {f"{cls.__name__.lower()}__units": [8, 16]}
    search = GridSearchCV(model, grid, cv=folds, scoring=scoring).fit(X, y)
    errors[cls.__name__] = -search.best_score_
    print(cls.__name__, search.best_params_)

# %%
# The mean absolute error of the folds:

fig, ax = plt.subplots(figsize=(6, 2.2), layout="constrained")
bars = ax.barh(list(errors), list(errors.values()))
ax.bar_label(bars, fmt="%.2f", padding=3)
ax.set(xlabel="mean absolute error, births a day")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
