"""
Gaps in the data
================

Can a network learn from a series with holes? In the first years of the weekly record of
carbon dioxide at Mauna Loa, every tenth week or so is missing.

It needs ``pip install '.[examples]'``.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import mean_absolute_error
from statsmodels.datasets import co2

from skts import ForecastDisplay, MLPRegressor, forecast, make_supervised

# %%
# Missing weeks are there, as NaN: the index has no holes.

series = co2.load_pandas().data["co2"][:"1970"]
known, truth = series[:"1968"], series["1969":]
print(f"{known.isna().sum()} of {len(known)} weeks are missing")

# %%
# NaN in the window is input. Where what follows is unknown, there is nothing to learn
# from: those rows are left out, after the windows have been made. The network sees the
# windows relative to their last known value, since the level rises from year to year,
# and predicts a quarter at once.

X, y = make_supervised(known, window=52, horizon=13)
learnable = y.notna().all(axis=1)
print(f"{learnable.sum()} of {len(y)} rows can be learned from,")
print(f"{X[learnable].isna().any(axis=1).sum()} of them with gaps in the window")

model = MLPRegressor(window_norm="last", random_state=0)
model.fit(X[learnable], y[learnable])

# %%
# Two years ahead, beside two simple guesses: the last known year again, and the same
# with last year's growth added each year.

filled = known.interpolate()
last_year = np.resize(filled[-52:], len(truth))
growth = filled[-52:].mean() - filled[-104:-52].mean()
guesses = {
    "repeat the last year": last_year,
    "and let it grow": last_year + growth * (1 + np.arange(len(truth)) // 52),
    "network": (predicted := forecast(model, known, steps=len(truth))),
}
seen = truth.notna()
for name, guess in guesses.items():
    print(f"{name:21} {mean_absolute_error(truth[seen], guess[seen]):.2f} ppm")

# %%
# The network is ahead of both, of the second by little.

ForecastDisplay.from_predictions(known, predicted, truth=truth, n_history=300)
plt.show()
