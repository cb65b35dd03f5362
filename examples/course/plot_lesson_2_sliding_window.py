"""
Lesson 2: a series becomes supervised learning
==============================================

How does a series become rows of X and y? A window of past values slides over it: the
window is a row of X, and what follows the window is the row's y.

It needs ``pip install '.[plot]'``.
"""

import matplotlib.pyplot as plt

from skts import WindowDisplay, make_supervised
from skts.datasets import load_daily_births

# %%
# Three values in, the next one out.

series = [10, 20, 30, 40, 50, 60, 70, 80, 90]
X, y = make_supervised(series, window=3)
for window, target in zip(X, y, strict=True):
    print(window, "->", target)

# %%
# In the picture, X has the three dimensions that networks read: rows, timesteps and
# channels. Here there is one channel, so that a table of rows and timesteps says the
# same; the estimators take both.

WindowDisplay.from_series(series, window=3)
plt.show()

# %%
# With two steps ahead, y has two columns.

X, y = make_supervised(series, window=3, horizon=2)
print(X.shape, y.shape)
WindowDisplay.from_series(series, window=3, horizon=2)
plt.show()

# %%
# The daily births, a week at a time. The index says when the newest value of a window
# was: in the first row the days from the 1st to the 7th are known, and the births of
# the 8th are to be predicted.

births = load_daily_births()
X, y = make_supervised(births, window=7)
print(X.head(3).to_string())
print(y.head(3).to_string())

WindowDisplay.from_series(births, window=7, n_windows=6)
plt.show()
