"""
When to stop training
=====================

How many epochs are enough? ``early_stopping`` watches the loss of the last rows, stops
when it gets no better, and keeps the weights of the best epoch.

It needs ``pip install '.[plot]'``.
"""

import matplotlib.pyplot as plt
from sklearn.metrics import mean_absolute_error

from skts import LossCurveDisplay, MLPRegressor, make_supervised
from skts.datasets import load_daily_births

X, y = make_supervised(load_daily_births(), window=14)
X_train, X_test, y_train, y_test = X[:-60], X[-60:], y[:-60], y[-60:]

# %%
# A large network learns the training rows by heart, a small one cannot, and dropout
# keeps a large one from it. The dotted lines are the losses of the training rows, the
# others those of the rows held out. To show it, the networks are alone: without the
# linear start, the falling rate and the relative windows of the defaults.

alone = {"linear_start": False, "learning_rate": None, "window_norm": None}
networks = {
    "256 units": MLPRegressor(units=256, dropout=0.0, **alone),
    "256 units, dropout": MLPRegressor(units=256, dropout=0.5, **alone),
    "8 units": MLPRegressor(units=8, dropout=0.0, **alone),
}
ax = None
for name, network in networks.items():
    network.set_params(early_stopping=True, patience=40, random_state=0)
    network.fit(X_train, y_train)
    ax = LossCurveDisplay.from_estimator(network, name=name, ax=ax).ax_
plt.show()

# %%
# Errors of the next 60 days: with the best weights, and with those after 100 epochs.
# Training on makes the large network worse, the one with dropout neither better nor
# worse, and the small one a little better.

for name, network in networks.items():
    stopped = mean_absolute_error(y_test, network.predict(X_test))
    network.set_params(early_stopping=False).fit(X_train, y_train)
    trained_on = mean_absolute_error(y_test, network.predict(X_test))
    print(f"{name:20} stopped {stopped:.2f}, 100 epochs {trained_on:.2f}")
