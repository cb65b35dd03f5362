"""
Lesson 3: a multilayer perceptron
=================================

Does a multilayer perceptron know tomorrow's births better than today's births tell
them? It reads a window as one row of numbers, in no particular order.

It needs ``pip install '.[plot]'``.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.metrics import mean_absolute_error

from skts import ForecastDisplay, MLPRegressor, make_supervised
from skts.datasets import load_daily_births

# %%
# The lesson: 100 units, 2000 epochs. The network sees windows relative to their last
# value, so that a level it never met, such as 80, is nothing new. All windows of a
# straight line are then the same; without ``window_norm`` the prediction is off by
# up to three.

series = [10, 20, 30, 40, 50, 60, 70]
X, y = make_supervised(series, window=3)
lesson = MLPRegressor(units=100, epochs=2000, window_norm="last", random_state=0)
lesson.fit(X, y)
print("after [50, 60, 70]:", lesson.predict([[50, 60, 70]]).round(1))

# %%
# Now the births: the last 100 days are for the test. Early stopping trains on the
# others until the error on the last tenth of them gets no better.

births = load_daily_births()
X, y = make_supervised(births, window=14)
X_train, X_test, y_train, y_test = X[:-100], X[-100:], y[:-100], y[-100:]

model = MLPRegressor(early_stopping=True, random_state=0)
model.fit(X_train, y_train)
predictions = pd.Series(model.predict(X_test), y_test.index)

yesterday = X_test["births_lag0"]
week = X_test.iloc[:, -7:].mean(axis=1)
print("Mean absolute error, births a day")
print("repeat the last day  ", round(mean_absolute_error(y_test, yesterday), 2))
print("mean of the last week", round(mean_absolute_error(y_test, week), 2))
print("this network         ", round(mean_absolute_error(y_test, predictions), 2))

# %%
# A row's label is the day of its newest value, so predictions are for a day later.

ForecastDisplay.from_predictions(
    births[:-100], predictions.shift(freq="D"), truth=births[-100:], n_history=60
)
plt.show()

# %%
# The network is better than today's births, and hardly better than the mean of the last
# week: nearly nothing ties the births of one day to those of the next.
