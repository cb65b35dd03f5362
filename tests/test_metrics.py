"""Errors of forecasts: their values, and scikit-learn's conventions."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    mean_absolute_error,
    mean_pinball_loss,
    root_mean_squared_error,
)

from skts.metrics import (
    interval_coverage,
    interval_score,
    mean_absolute_scaled_error,
    root_mean_squared_scaled_error,
    symmetric_mean_absolute_percentage_error,
)

TRAIN = np.array([[1, 10], [3, 10], [2, 40], [6, 0]], float)
TRUE = np.array([[5, 20], [6, 0], [0, 10]], float)
PREDICTED = np.array([[4, 20], [8, 0], [3, -10]], float)

METRICS = {
    mean_absolute_scaled_error: {"y_train": TRAIN},
    root_mean_squared_scaled_error: {"y_train": TRAIN},
    symmetric_mean_absolute_percentage_error: {},
}
INTERVALS = {interval_score: {"coverage": 0.8}, interval_coverage: {}}
each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.__name__)


# Values


@pytest.mark.parametrize("season", [1, 2, 3])
def test_scaled_errors_are_errors_in_units_of_seasonal_changes(season):
    changes = TRAIN[season:] - TRAIN[:-season]
    for metric, base, scale in [
        (mean_absolute_scaled_error, mean_absolute_error, abs(changes).mean(axis=0)),
        (
            root_mean_squared_scaled_error,
            root_mean_squared_error,
            np.sqrt((changes**2).mean(axis=0)),
        ),
    ]:
        options = {"y_train": TRAIN, "season": season, "multioutput": "raw_values"}
        expected = base(TRUE, PREDICTED, multioutput="raw_values") / scale
        np.testing.assert_allclose(metric(TRUE, PREDICTED, **options), expected)


@pytest.mark.parametrize(
    "metric", [mean_absolute_scaled_error, root_mean_squared_scaled_error]
)
def test_repeating_the_last_season_of_training_has_an_error_of_one(metric):
    series = np.random.default_rng(0).normal(size=50)
    truth, repeated = series[7:], series[:-7]
    assert metric(truth, repeated, y_train=series, season=7) == pytest.approx(1)


def test_symmetric_percentage_error_is_a_fraction_between_0_and_2():
    error = symmetric_mean_absolute_percentage_error
    assert error([0, 5], [0, 5]) == 0
    assert error([1, 0], [0, -3]) == error([1], [-1]) == 2
    assert error([90, 110], [110, 90]) == pytest.approx(0.2)


def test_one_column_of_training_values_serves_all_outputs():
    options = {"multioutput": "raw_values"}
    single = mean_absolute_scaled_error(TRUE, PREDICTED, y_train=TRAIN[:, 0], **options)
    both = np.column_stack([TRAIN[:, 0], TRAIN[:, 0]])
    double = mean_absolute_scaled_error(TRUE, PREDICTED, y_train=both, **options)
    np.testing.assert_array_equal(single, double)


LOWER, UPPER = PREDICTED - [1, 5], PREDICTED + [2, 5]


@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_interval_score_is_that_of_both_quantiles(coverage):
    tail = (1 - coverage) / 2
    losses = [
        mean_pinball_loss(TRUE, bound, alpha=alpha, multioutput="raw_values")
        for bound, alpha in [(LOWER, tail), (UPPER, 1 - tail)]
    ]
    score = interval_score(
        TRUE, LOWER, UPPER, coverage=coverage, multioutput="raw_values"
    )
    np.testing.assert_allclose(score, sum(losses) / tail)


def test_the_best_interval_has_what_it_promises():
    truth = np.arange(1001.0)
    scores = {
        tail: interval_score(
            truth, np.full(1001, tail), np.full(1001, 1000 - tail), coverage=0.9
        )
        for tail in range(0, 200, 10)
    }
    assert min(scores, key=scores.__getitem__) == 50


def test_interval_coverage_counts_the_bounds_as_inside():
    assert interval_coverage([1, 2, 3, 4], [1, 0, 4, 9], [2, 2, 9, 1]) == 0.5
    found = interval_coverage(TRUE, LOWER, UPPER, multioutput="raw_values")
    np.testing.assert_allclose(found, [1 / 3, 2 / 3])


# Conventions


@pytest.mark.parametrize("metric", INTERVALS, ids=lambda m: m.__name__)
def test_metrics_of_intervals_follow_the_conventions(metric):
    options = INTERVALS[metric]
    raw = metric(TRUE, LOWER, UPPER, multioutput="raw_values", **options)
    assert metric(TRUE, LOWER, UPPER, **options) == pytest.approx(raw.mean())
    assert isinstance(metric(TRUE, LOWER, UPPER, **options), float)
    rows = [0, 2, 2]
    repeated = metric(TRUE[rows], LOWER[rows], UPPER[rows], **options)
    weighted = metric(TRUE, LOWER, UPPER, sample_weight=[1, 0, 2], **options)
    assert weighted == pytest.approx(repeated)
    frame = pd.DataFrame(TRUE)
    assert metric(frame[0], LOWER[:, 0], list(UPPER[:, 0]), **options) == raw[0]
    for bounds in [(LOWER, UPPER * np.nan), (LOWER + np.inf, UPPER)]:
        with pytest.raises(ValueError, match="contains NaN|contains infinity"):
            metric(TRUE, *bounds, **options)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        metric(TRUE, LOWER, UPPER[:2], **options)
    with pytest.raises(ValueError, match="different number of output"):
        metric(TRUE, LOWER[:, 0], UPPER, **options)


@pytest.mark.parametrize("coverage", [0, 1, 90, "0.9"])
def test_coverage_is_between_0_and_1(coverage):
    with pytest.raises(ValueError, match="The 'coverage' parameter"):
        interval_score([1], [0], [2], coverage=coverage)


@each_metric
def test_outputs_are_averaged_as_scikit_learn_does(metric):
    raw = metric(TRUE, PREDICTED, multioutput="raw_values", **METRICS[metric])
    assert raw.shape == (2,)
    assert metric(TRUE, PREDICTED, **METRICS[metric]) == pytest.approx(raw.mean())
    weighted = metric(TRUE, PREDICTED, multioutput=[3, 1], **METRICS[metric])
    assert weighted == pytest.approx(np.average(raw, weights=[3, 1]))


@each_metric
def test_weights_equal_repetition(metric):
    weighted = metric(TRUE, PREDICTED, sample_weight=[1, 0, 2], **METRICS[metric])
    rows = [0, 2, 2]
    repeated = metric(TRUE[rows], PREDICTED[rows], **METRICS[metric])
    assert weighted == pytest.approx(repeated)


@each_metric
def test_shapes_and_containers_do_not_matter(metric):
    train = {name: values[:, 0] for name, values in METRICS[metric].items()}
    expected = metric(TRUE[:, 0], PREDICTED[:, 0], **train)
    frame = pd.DataFrame(TRUE, columns=["a", "b"])
    assert metric(frame["a"], PREDICTED[:, :1], **train) == expected
    assert metric(TRUE[:, 0].tolist(), PREDICTED[:, 0].tolist(), **train) == expected


@each_metric
@pytest.mark.parametrize(
    "predicted, message",
    [
        (PREDICTED[:2], "inconsistent numbers of samples"),
        (PREDICTED[:, 0], "y_true and y_pred have different number of output"),
        (PREDICTED * np.nan, "contains NaN"),
        (PREDICTED + np.inf, "contains infinity"),
    ],
)
def test_refuses_what_scikit_learn_refuses(metric, predicted, message):
    with pytest.raises(ValueError, match=message):
        metric(TRUE, predicted, **METRICS[metric])


# Scales


@pytest.mark.parametrize(
    "y_train, season, message",
    [
        ([5, 5, 5], 1, "y_train does not change.*season=1 rows"),
        ([1, 2, 1, 2], 2, "y_train does not change.*season=2 rows"),
        ([1, 2, 3], 3, "y_train has 3 rows.*season=3 rows"),
        ([1, 2, np.nan], 1, "y_train contains NaN"),
        (np.ones((3, 3)), 1, "y_train has 3 columns.*each of the 1 outputs"),
    ],
)
def test_refuses_training_values_without_a_scale(y_train, season, message):
    for metric in [mean_absolute_scaled_error, root_mean_squared_scaled_error]:
        with pytest.raises(ValueError, match=message):
            metric([1, 2], [2, 1], y_train=y_train, season=season)


@pytest.mark.parametrize("season", [0, 1.5])
def test_season_is_a_number_of_rows(season):
    with pytest.raises(ValueError, match="The 'season' parameter"):
        mean_absolute_scaled_error([1], [2], y_train=[1, 2], season=season)
