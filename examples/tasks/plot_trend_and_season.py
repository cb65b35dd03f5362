"""
Trend and season: what a network should see
===========================================

The airline passengers grow from year to year, and so does their season. What should a
network be shown, so that it can forecast levels that it never met?

It needs ``pip install '.[plot]'``.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline

from skts import (
    ForecastDisplay,
    MLPRegressor,
    SlidingWindowTransformer,
    forecast,
    make_supervised,
)

# %%
# Passengers of international airlines, in thousands a month, from 1949 to 1960 (Box and
# Jenkins, *Time Series Analysis*, 1976).

thousands = """
112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133
114 140 145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242
209 191 172 194 196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264
302 293 259 229 203 229 242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313
318 374 413 405 355 306 271 306 315 301 356 348 355 422 465 467 404 347 305 336 340 318
362 348 363 435 491 505 404 359 310 337 360 342 406 396 420 472 548 559 463 407 362 405
417 391 419 461 472 535 622 606 508 461 390 432
"""
months = pd.period_range("1949-01", periods=144, freq="M")
passengers = pd.Series(np.array(thousands.split(), float), months, name="passengers")

# %%
# The same network, which predicts a year from a year: alone, on the series as it is; by
# its defaults, on windows relative to their last value and from a linear start; on
# windows relative to their mean and standard deviation; and on differences from the
# year before. A forecast of three years feeds two of its years back.


def three_years(series, **parameters):
    X, y = make_supervised(series, horizon=12)
    network = MLPRegressor(random_state=0, **parameters)
    windows = SlidingWindowTransformer(12, padding="nan")
    return forecast(make_pipeline(windows, network).fit(X, y), series, steps=36)


def forecasts(known):
    last_year = np.tile(known[-12:], 3)
    growth = three_years(known.diff(12)[12:]).to_numpy().reshape(3, 12)
    return {
        "repeat the last year": last_year,
        "alone": three_years(known, linear_start=False, window_norm=None),
        "the default": three_years(known),
        'window_norm="standard"': three_years(known, window_norm="standard"),
        "yearly differences": last_year + growth.cumsum(axis=0).ravel(),
    }


# %%
# Each is tried twice, on the last three years and on the three before them, since one
# stretch of time is one draw.

errors = {}
for end in (108, 144):
    known, truth = passengers[: end - 36], passengers[end - 36 : end]
    predictions = forecasts(known)
    errors[f"{truth.index[0].year} to {truth.index[-1].year}"] = {
        name: mean_absolute_error(truth, predicted)
        for name, predicted in predictions.items()
    }
print("Mean absolute error, thousands of passengers")
print(pd.DataFrame(errors).round(1).to_string())

# %%
# A network knows the levels that it met in training; what it makes of higher ones is
# anyone's guess. Shown changes, relative to the last value, it has three to four tenths
# less error than repeating the last year, and shown differences from the year before
# two thirds less. ``window_norm="standard"`` is behind the default in one test and
# ahead of it in the other. So do not choose by one.
#
# In the picture, the last three years.

_, axes = plt.subplots(2, 2, figsize=(9, 7), sharey=True, layout="constrained")
for name, ax in zip(list(predictions)[1:], axes.flat, strict=True):
    display = ForecastDisplay.from_predictions(
        known, predictions[name], truth=truth, n_history=60, ax=ax
    )
    display.ax_.set_xlabel(name)
plt.show()
