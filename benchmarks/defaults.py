"""How the defaults were chosen: one-step errors on real series.

Prints the mean absolute error on the last fifth of each series, divided by that of
repeating the last value, as the mean over the series and seeds. The series come with
skts and statsmodels.
"""

import argparse
import itertools

import numpy as np
import statsmodels.datasets as sm

import skts
from skts.datasets import load_daily_births

WINDOW = 14
NETWORKS = {
    "MLPRegressor": ["relu", "tanh"],
    "CNNRegressor": ["relu", "tanh"],
    "LSTMRegressor": ["relu", "tanh"],
    "CNNLSTMRegressor": ["relu", "tanh"],
    "EncoderDecoderLSTMRegressor": ["relu", "tanh"],
}


def load_series():
    """Return the series by name: counts, cycles, trends and noise."""
    elnino = sm.elnino.load_pandas().data.drop(columns="YEAR")
    series = {
        "births": load_daily_births()["births"],
        "sunspots": sm.sunspots.load_pandas().data["SUNACTIVITY"],
        "co2": sm.co2.load_pandas().data["co2"].interpolate()[-600:],
        "elnino": elnino.stack(),
        "nile": sm.nile.load_pandas().data["volume"],
    }
    return {name: np.asarray(values, float) for name, values in series.items()}


def relative_error(model, series):
    """Return the error of `model` on the last fifth, relative to persistence."""
    X, y = skts.make_supervised(series, window=WINDOW)
    n_test = len(y) // 5
    model.fit(X[:-n_test], y[:-n_test])
    error = np.abs(model.predict(X[-n_test:]) - y[-n_test:]).mean()
    return error / np.abs(X[-n_test:, -1] - y[-n_test:]).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("--epochs", type=int, nargs="*", default=[50, 100, 200])
    parser.add_argument("--batch-size", type=int, nargs="*", default=[32, 64, 128])
    arguments = parser.parse_args()
    series = load_series()
    print(f"{'network':28} {'activation':10} {'epochs':>6} {'batch':>5}  mean ", end="")
    print(*(f"{name:>9}" for name in series))
    for network in arguments.networks:
        for activation, epochs, batch_size in itertools.product(
            NETWORKS[network], arguments.epochs, arguments.batch_size
        ):
            errors = [
                np.mean(
                    [
                        relative_error(
                            getattr(skts, network)(
                                activation=activation,
                                epochs=epochs,
                                batch_size=batch_size,
                                random_state=seed,
                            ),
                            values,
                        )
                        for seed in range(arguments.seeds)
                    ]
                )
                for values in series.values()
            ]
            print(
                f"{network:28} {activation:10} {epochs:6} {batch_size:5} "
                f"{np.mean(errors):5.3f}",
                *(f"{error:9.3f}" for error in errors),
                flush=True,
            )


if __name__ == "__main__":
    main()
