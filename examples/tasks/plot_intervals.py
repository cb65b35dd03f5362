"""
How sure is the forecast?
=========================

In which interval will the births of the next weeks be, nine times out of ten? A
backtest says how far off the forecasts of each step were, and intervals are made of
that. They are conformal: nothing is assumed but that the next errors are like those.

It needs ``pip install '.[plot]'``.
"""

import matplotlib.pyplot as plt
from sklearn.pipeline import make_pipeline

from skts import (
    ForecastDisplay,
    MLPRegressor,
    SlidingWindowTransformer,
    backtest,
    make_supervised,
)
from skts.datasets import load_daily_births
from skts.metrics import interval_coverage

# %%
# The last four weeks are kept for the test. On the days before, the network forecasts
# four weeks from each of 40 origins, trained at every tenth of them.

births = load_daily_births()
known, truth = births[:-28], births[-28:]

network = MLPRegressor(early_stopping=True, random_state=0)
model = make_pipeline(SlidingWindowTransformer(14, padding="nan"), network)
errors = backtest(
    model, known, steps=28, horizon=28, n_origins=40, refit=10, coverage=0.9
)

# %%
# Each origin has the interval that could be made there, from the errors that were known
# by then. How much of what came true is inside?

made = errors.dropna()
inside = interval_coverage(made["births"], made["births_lower"], made["births_upper"])
print(f"{inside:.0%} of {len(made)} values are inside of 90% intervals")

# %%
# Now the four weeks that nothing has seen, beside repeating the last week.

X, y = make_supervised(known, horizon=28)
ForecastDisplay.from_estimator(
    model.fit(X, y),
    known,
    steps=28,
    coverage=[0.5, 0.9],
    errors=errors,
    season=7,
    truth=truth,
    n_history=60,
)
plt.show()
