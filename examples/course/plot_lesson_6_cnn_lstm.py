"""
Lesson 6: a CNN-LSTM
====================

Should pieces of the window be read one by one? A CNN-LSTM cuts the window into
subsequences. A convolution reads each of them, and an LSTM the sequence of its
findings.

It needs ``pip install '.[plot]'``.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.metrics import mean_absolute_error

from skts import CNNLSTMRegressor, ForecastDisplay, make_supervised
from skts.datasets import load_daily_births

# %%
# The lesson: windows of 4 as two subsequences of 2, read by 64 filters of one timestep,
# then 50 units; 500 epochs. In Keras, the window has to be made four-dimensional for
# that; here the length of the subsequences is a parameter.

series = [10, 20, 30, 40, 50, 60, 70, 80]
X, y = make_supervised(series, window=4)
lesson = CNNLSTMRegressor(
    subsequence_length=2,
    filters=64,
    kernel_size=1,
    units=50,
    epochs=500,
    window_norm="last",
    random_state=0,
)
lesson.fit(X, y)
print("after [50, 60, 70, 80]:", lesson.predict([[50, 60, 70, 80]]).round(1))

# %%
# Now the births: the last 100 days are for the test. Early stopping trains on the
# others until the error on the last tenth of them gets no better.

births = load_daily_births()
X, y = make_supervised(births, window=14)
X_train, X_test, y_train, y_test = X[:-100], X[-100:], y[:-100], y[-100:]

model = CNNLSTMRegressor(early_stopping=True, random_state=0)
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
# The error is a little less than that of the mean of the last week. Longer pieces are a
# parameter away: ``subsequence_length=7, kernel_size=3`` reads the window as two weeks,
# each in patterns of three days.
