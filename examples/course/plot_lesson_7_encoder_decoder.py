"""
Lesson 7: an encoder-decoder LSTM
=================================

Can a network write the births of the next week, day by day? One LSTM reads the window
and sums it up, another writes the steps ahead one after the other.

It needs ``pip install '.[plot]'``.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import mean_absolute_error

from skts import EncoderDecoderLSTMRegressor, ForecastDisplay, make_supervised
from skts.datasets import load_daily_births

# %%
# The lesson: three values in, the next two out; 100 units with relu activation, 100
# epochs. The number of steps ahead is read from y.

series = [10, 20, 30, 40, 50, 60, 70, 80]
X, y = make_supervised(series, window=3, horizon=2)
lesson = EncoderDecoderLSTMRegressor(
    units=100, activation="relu", epochs=100, window_norm="last", random_state=0
)
lesson.fit(X, y)
print("after [50, 60, 70]:", lesson.predict([[50, 60, 70]]).round(1))

# %%
# Now the births: two weeks in, the next one out; half the units, which train faster.
# The last 100 days are for the test.

births = load_daily_births()
X, y = make_supervised(births, window=14, horizon=7)
X_train, X_test, y_train, y_test = X[:-100], X[-100:], y[:-100], y[-100:]

model = EncoderDecoderLSTMRegressor(units=50, early_stopping=True, random_state=0)
model.fit(X_train, y_train)
predictions = model.predict(X_test)

# %%
# Does the error grow with the distance? A little, as that of repeating the last day
# does: a series close to noise is nearly as unknown tomorrow as in a week.

errors = np.abs(predictions - y_test).mean()
repeated = y_test.sub(X_test["births_lag0"], axis=0).abs().mean()
for step, (ours, theirs) in enumerate(zip(errors, repeated, strict=True), start=1):
    print(f"{step} days ahead: {ours:.2f}, repeating the last day {theirs:.2f}")

last_week = np.tile(X_test.iloc[:, -7:].mean(axis=1), (7, 1)).T
print(f"all seven: {mean_absolute_error(y_test, predictions):.2f}, ", end="")
print(f"mean of the last week {mean_absolute_error(y_test, last_week):.2f}")

# %%
# The first week of the test.

first = X_test.index[0]
ForecastDisplay.from_predictions(
    births[:first], predictions[0], truth=births[first:][1:8], n_history=35
)
plt.show()
