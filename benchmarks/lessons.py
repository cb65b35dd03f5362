"""The lessons of the course, over many seeds: what our networks answer.

The first table asks for what follows 10, 20, ..., 70 (or 80) after as many epochs as
the course trains: with windows relative to their last value, and in the course's own
way, raw. Relative windows of a straight line are all equal, so the second table trains
the same networks on series whose increments change, and compares with repeating the
last change.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from networks import BARE
from test_lessons import LESSONS, ask, autoregression, of_lesson, sine_with_trend

from skts import make_supervised


def answers(network, epochs, window, answer, seeds, **parameters):
    """Return what `network` answers to its lesson, a row per seed."""
    return np.array(
        [
            ask(
                of_lesson(
                    network,
                    epochs=epochs,
                    batch_size=32,
                    random_state=seed,
                    **parameters,
                ),
                window,
                answer,
            )
            for seed in range(seeds)
        ]
    )


def relative_errors(network, epochs, window, horizon, series, seeds):
    """Return the error on the last 30 windows over that of the last change."""
    X, y = make_supervised(series, window=window, horizon=horizon)
    change = X[-30:, -1] - X[-30:, -2]
    repeated = X[-30:, -1:] + change[:, None] * np.arange(1, horizon + 1)
    persistence = np.abs(repeated.reshape(y[-30:].shape) - y[-30:]).mean()
    errors = []
    for seed in range(seeds):
        model = of_lesson(
            network,
            epochs=epochs,
            batch_size=32,
            window_norm="last",
            random_state=seed,
        ).fit(X[:-30], y[:-30])
        errors.append(np.abs(model.predict(X[-30:]) - y[-30:]).mean() / persistence)
    return np.array(errors)


def span(values):
    """Format the smallest and the largest of `values`, per column."""
    low, high = values.min(axis=0), values.max(axis=0)
    return ", ".join(
        f"{a:.2f} to {b:.2f}"
        for a, b in zip(np.ravel(low), np.ravel(high), strict=True)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    print(f"Smallest to largest answer of {seeds} seeds")
    print(f"{'network':28}{'right':>8}  {'window_norm=last':32}standardize=False")
    for network, epochs, window, answer, _ in LESSONS:
        ours = answers(network, epochs, window, answer, seeds, window_norm="last")
        raw = answers(network, epochs, window, answer, seeds, **BARE, standardize=False)
        right = ", ".join(map(str, answer))
        print(
            f"{network.__name__:28}{right:>8}  {span(ours):32}{span(raw)}", flush=True
        )
    print("\nMean absolute error over that of repeating the last change")
    print(f"{'network':28}{'sine with trend':>18}{'AR(2)':>18}")
    for network, epochs, window, answer, _ in LESSONS:
        spans = [
            span(relative_errors(network, epochs, window, len(answer), series, seeds))
            for series in (sine_with_trend(), autoregression())
        ]
        print(f"{network.__name__:28}{spans[0]:>18}{spans[1]:>18}", flush=True)


if __name__ == "__main__":
    main()
