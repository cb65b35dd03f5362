"""How often intervals of 90% are right, and how good they are beside those of others.

Twelve of the public series of `accuracy.py` are predicted one and several steps ahead
from every row of their last fifth, by models fitted on rows before: networks with
`quantiles`, a network and RidgeCV with intervals from the errors of earlier origins (a
`backtest` that begins at three fifths and fits ten times), LightGBM's quantiles and
MAPIE's `TimeSeriesRegressor` around RidgeCV, both of the windows less their last value.
What has intervals from errors, and "mapie-updated", hears of each error once it is
known.

Prints how much of what came true was inside, at the first and at the last step, the
series of which that was least (of both steps), the mean interval score in units of
MAPIE's (geometric mean over the series), and the seconds of all fits and predictions.

    intervals.py                           all rows
    intervals.py mlp ridge-errors          some rows
    intervals.py mlp --set epochs=20
    intervals.py --suite held-out          series of which nothing was chosen
"""

import argparse
import functools
import time
import warnings

import numpy as np
from accuracy import SUITES, load_task, network, ridge, setting  # one thread each
from joblib import Parallel, delayed
from sklearn.pipeline import make_pipeline

import skts
from skts.metrics import interval_coverage, interval_score

COVERAGE = 0.9
QUANTILES = [0.05, 0.5, 0.95]
MOST_STEPS = 14
SERIES = {
    "main": [
        *["elecdemand", "calls", "flights", "elecdaily", "births", "rain"],
        *["gasoline", "auscafe", "usmelec", "drivers", "elnino", "qcement"],
    ],
    "held-out": list(SUITES["held-out"]),
}
STEPS = [0, -1]


# Each takes a task and a seed and returns bounds, (n_origins, 2 steps, 2).


def network_quantiles(name):
    def bounds(task, seed, settings):
        make = network(name)
        X, y = skts.make_supervised(task.series, horizon=task.horizon)
        windows = skts.SlidingWindowTransformer(task.kind.window)
        model = make_pipeline(
            windows, make(task, seed, {"quantiles": QUANTILES} | settings)
        )
        n_fit = task.n_train - task.horizon
        model.fit(X[:n_fit], y[:n_fit])
        found = skts.predict_interval(model, X[n_fit:], COVERAGE)
        return found[task.horizon - 1 :, STEPS]

    return bounds


def earlier_errors(make):
    def bounds(task, seed, settings):
        windows = skts.SlidingWindowTransformer(task.kind.window)
        n_origins = len(task.series) * 2 // 5 - task.horizon
        found = skts.backtest(
            make_pipeline(windows, make(task, seed, settings)),
            task.series.to_frame(),
            steps=task.horizon,
            horizon=task.horizon,
            n_origins=n_origins,
            stride=1,
            refit=n_origins // 10,
            coverage=COVERAGE,
        )
        name = task.series.name
        both = found[[f"{name}_lower", f"{name}_upper"]].to_numpy()
        both = both.reshape(n_origins, task.horizon, 2)
        return both[-len(task.truth()) :, STEPS]

    return bounds


def on_windows(fit_and_predict):
    """Give (X, y, X of the last fifth, y of the last fifth, steps ahead) of a step."""

    def bounds(task, seed, settings):
        X, y, taken = task.windows(relative=True)
        n_test = len(task.truth())
        n_fit = len(X) - n_test - task.horizon + 1
        found = []
        for step in (0, task.horizon - 1):
            own = y.reshape(len(y), -1)[:, step]
            test = X[-n_test:], own[-n_test:]
            both = fit_and_predict(X[:n_fit], own[:n_fit], *test, step + 1, seed)
            found.append(both + taken[-n_test:, None])
        return np.stack(found, axis=1)

    return bounds


def lightgbm(X, y, X_test, y_test, ahead, seed):
    from lightgbm import LGBMRegressor

    fitted = [
        LGBMRegressor(objective="quantile", alpha=q, n_jobs=1, verbose=-1, seed=seed)
        .fit(X, y)
        .predict(X_test)
        for q in (QUANTILES[0], QUANTILES[-1])
    ]
    return np.sort(np.stack(fitted, axis=1), axis=1)


def mapie(X, y, X_test, y_test, ahead, seed, updates=False):
    """Ensemble batch prediction intervals."""
    from mapie.regression import TimeSeriesRegressor
    from mapie.subsample import BlockBootstrap

    blocks = BlockBootstrap(n_resamplings=20, n_blocks=10, random_state=seed)
    model = TimeSeriesRegressor(ridge(), method="enbpi", cv=blocks).fit(X, y)
    found = []
    for row in range(len(X_test)):
        if updates and row >= ahead:  # the error that is known by now
            model.update(X_test[[row - ahead]], y_test[[row - ahead]])
        _, both = model.predict(X_test[[row]], ensemble=True, confidence_level=COVERAGE)
        found.append(both[0, :, 0])
    return np.array(found)


ROWS = {
    "mapie": on_windows(mapie),
    "mapie-updated": on_windows(functools.partial(mapie, updates=True)),
    "lightgbm": on_windows(lightgbm),
    "ridge-errors": earlier_errors(ridge),
    "mlp": network_quantiles("MLPRegressor"),
    "cnn": network_quantiles("CNNRegressor"),
    "lstm": network_quantiles("LSTMRegressor"),
    "mlp-errors": earlier_errors(network("MLPRegressor")),
}


def measure(row, suite, name, settings):
    """Return coverage and interval score, first and last step, and seconds."""
    task = load_task(suite, name, "season")
    task = task._replace(horizon=min(task.horizon, MOST_STEPS))
    truth, start = task.truth()[:, STEPS], time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lower, upper = np.moveaxis(ROWS[row](task, 0, settings), -1, 0)
    seconds = time.process_time() - start
    data = {"lower": lower, "upper": upper}
    each = {"multioutput": "raw_values"}
    covered = interval_coverage(truth, **data, **each)
    scored = interval_score(truth, **data, coverage=COVERAGE, **each)
    return [*covered, *scored, seconds]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="row", help=", ".join(ROWS))
    parser.add_argument("--suite", choices=SERIES, default="main")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--set", nargs="+", type=setting, default=[], metavar="NAME=VALUE"
    )
    options = parser.parse_args()
    rows = ["mapie", *(row for row in options.rows or ROWS if row != "mapie")]
    if unknown := set(rows) - set(ROWS):
        parser.error(f"there are no rows {sorted(unknown)}, but {', '.join(ROWS)}")
    names, settings = SERIES[options.suite], dict(options.set)
    work = (
        delayed(measure)(row, options.suite, name, settings)
        for row in rows
        for name in names
    )
    found = Parallel(n_jobs=options.jobs, return_as="generator", batch_size=1)(work)
    heads = "first", "last", "least", "", "score first", "last", "seconds"
    widths = 20, 6, 6, 11, 12, 6, 8
    print(*(f"{head:>{width}}" for head, width in zip(heads, widths)))
    base = None
    for row in rows:
        results = np.array([next(found) for _ in names])
        scores = results[:, 2:4]
        base = scores if base is None else base
        least = results[:, :2].mean(axis=1)
        print(
            f"{row:13}",
            *(f"{100 * mean:5.1f}%" for mean in results[:, :2].mean(axis=0)),
            f"{100 * least.min():5.1f}% {names[least.argmin()]:>11}",
            "      ",
            *(f"{mean:6.3f}" for mean in np.exp(np.log(scores / base).mean(axis=0))),
            f"{results[:, 4].sum():7.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
