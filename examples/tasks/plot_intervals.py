"""
How sure is the forecast?
=========================

In which interval will the births of tomorrow be, nine times out of ten? Conformal
prediction by `MAPIE <https://mapie.readthedocs.io>`_ wraps any fitted regressor: it
looks at the errors on days that the network was not trained on.
"""

import matplotlib.pyplot as plt
import pandas as pd
from mapie.regression import SplitConformalRegressor

from skts import ForecastDisplay, MLPRegressor, make_supervised
from skts.datasets import load_daily_births

# %%
# Three parts, in order of time: to train, to see how large errors are, and to test.

births = load_daily_births()
X, y = make_supervised(births, window=14)
X = X.to_numpy()  # MAPIE hands on arrays
X_train, X_errors, X_test = X[:-160], X[-160:-60], X[-60:]
y_train, y_errors, y_test = y[:-160], y[-160:-60], y[-60:]

network = MLPRegressor(early_stopping=True, random_state=0).fit(X_train, y_train)
conformal = SplitConformalRegressor(network, confidence_level=0.9, prefit=True)
conformal.conformalize(X_errors, y_errors)
predicted, bounds = conformal.predict_interval(X_test)
lower, upper = bounds[:, :, 0].T

# %%
# More days of the test are inside than was asked for. The intervals are as wide as the
# errors from July to October ask for, and those were larger.

inside = ((lower <= y_test) & (y_test <= upper)).mean()
width = (upper - lower).mean()
print(f"{inside:.0%} of the days are inside the intervals, {width:.0f} births wide")

predicted = pd.Series(predicted, y_test.index).shift(freq="D")
ForecastDisplay.from_predictions(
    births[:-60],
    predicted,
    truth=births[-60:],
    interval=bounds[:, :, 0],
    n_history=60,
)
plt.show()
