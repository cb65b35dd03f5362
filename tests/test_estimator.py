"""The life cycle that all networks share, shown on the fastest of them."""

import copy
import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from networks import BARE
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skts import (
    EncoderDecoderLSTMRegressor,
    MLPRegressor,
    SlidingWindowTransformer,
    _estimator,
    make_supervised,
)
from skts._estimator import NetworkEstimator


def mlp(**parameters):
    return MLPRegressor(**{"epochs": 3, "random_state": 0} | BARE | parameters)


# Parameters


def test_subclasses_inherit_parameters_and_constraints_without_a_decorator():
    class Wide(MLPRegressor):
        width: int = 3

        _parameter_constraints = {"width": [int]}

    assert Wide().get_params() == MLPRegressor().get_params() | {"width": 3}
    assert set(Wide._parameter_constraints) > set(MLPRegressor._parameter_constraints)


def test_repr_shows_what_was_changed():
    assert repr(MLPRegressor(units=3)) == "MLPRegressor(units=3)"


@pytest.mark.parametrize(
    "parameters",
    [
        {"epochs": 0},
        {"epochs": 2.5},
        {"batch_size": 0},
        {"learning_rate": -1.0},
        {"validation_fraction": 1.0},
        {"dropout": 1.0},
        {"window_norm": "first"},
        {"n_channels": 0},
        {"n_targets": 0},
        {"jit_compile": "always"},
        {"units": 0},
        {"units": []},
        {"units": [10, 0]},
        {"units": [2.5]},
        {"optimizer": "adamant"},
        {"loss": "most"},
        {"activation": "rely"},
        {"optimizer": 3},
        {"loss": 3},
        {"callbacks": ["stop"]},
        {"metrics": "most"},
        {"metrics": [3]},
    ],
    ids=str,
)
def test_a_wrong_parameter_is_an_error_that_names_it(data, parameters):
    (name, value), *_ = parameters.items()
    with pytest.raises((ValueError, TypeError)) as error:
        mlp(**parameters).fit(*data)
    assert name in str(error.value)
    assert str(value).strip("[]'") in str(error.value)


# Windows in


def test_three_dimensional_X_equals_its_two_dimensional_form(data):
    X, y = data
    flat = mlp(n_channels=2).fit(X, y)
    cube = mlp().fit(X.reshape(40, 3, 2), y)
    assert cube.n_features_in_ == 6
    np.testing.assert_array_equal(flat.predict(X), cube.predict(X.reshape(40, 3, 2)))
    np.testing.assert_array_equal(cube.predict(X), flat.predict(X.reshape(40, 3, 2)))
    nested = mlp().fit(X.reshape(40, 3, 2).tolist(), y.tolist())
    np.testing.assert_array_equal(nested.predict(X), flat.predict(X))


def test_channels_are_checked(data):
    X, y = data
    with pytest.raises(ValueError, match="n_channels=4 does not divide the 6 columns"):
        mlp(n_channels=4).fit(X, y)
    with pytest.raises(ValueError, match="n_channels=3, but X has 2"):
        mlp(n_channels=3).fit(X.reshape(40, 3, 2), y)
    fitted = mlp(n_channels=2).fit(X, y)
    with pytest.raises(ValueError, match=r"X has 3 channels, but .* fitted with 2"):
        fitted.predict(X.reshape(40, 2, 3))
    with pytest.raises(ValueError, match="X has 4 features, but MLPRegressor is expec"):
        fitted.predict(X[:, :4])


def test_lags_put_columns_in_order_of_time(data):
    X, y = data
    names = [f"{channel}_lag{lag}" for lag in (2, 1, 0) for channel in "ab"]
    X = pd.DataFrame(X, columns=names)
    ordered = mlp().fit(X, y)
    newest_first = mlp().fit(X[names[::-1]][["a_lag0", "b_lag0", *names[:-2]]], y)
    np.testing.assert_array_equal(
        ordered.predict(X), newest_first.predict(X[newest_first.feature_names_in_])
    )
    np.testing.assert_array_equal(
        ordered.predict(X), mlp(n_channels=2).fit(X.to_numpy(), y).predict(X.to_numpy())
    )


def test_windows_in_three_dimensions_are_in_order_already(data):
    X, y = data
    newest_first = pd.DataFrame(X, columns=[f"lag{k}" for k in range(6)])
    fitted = mlp().fit(newest_first, y)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        predicted = fitted.predict(X[:, ::-1, None])
    np.testing.assert_array_equal(predicted, fitted.predict(newest_first))


def test_windows_of_several_channels_are_not_read_as_one_in_silence():
    series = np.random.RandomState(0).normal(size=(40, 2))
    windows = SlidingWindowTransformer(3, padding="nan").fit_transform(series)
    X = np.asarray(windows)
    message = r"moves by 2 columns.*set n_channels=2"
    with pytest.warns(UserWarning, match=message) as caught:
        mlp(epochs=1).fit(X, series[:, 0])
    assert caught[0].filename == __file__
    mlp(epochs=1, n_channels=2).fit(X, series[:, 0])
    mlp(epochs=1, n_channels=1).fit(X, series[:, 0])
    assert mlp(epochs=1).fit(windows, series[:, 0]).n_channels_ == 2
    with pytest.raises(ValueError, match="n_channels=1, but X has 2"):
        mlp(epochs=1, n_channels=1).fit(windows, series[:, 0])


def test_channels_with_different_lags_are_an_error_unless_n_channels_is_given(data):
    X, y = data
    names = ["a_lag3", "a_lag2", "a_lag1", "a_lag0", "b_lag1", "b_lag0"]
    frame = pd.DataFrame(X, columns=names)
    with pytest.raises(ValueError, match=r"not the same ones.*b: \[1, 0\].*n_channels"):
        mlp().fit(frame, y)
    as_it_is = mlp(n_channels=1).fit(frame, y)
    np.testing.assert_array_equal(as_it_is.predict(frame), mlp().fit(X, y).predict(X))


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_is_an_error(data, value):
    X, y = data
    fitted = mlp().fit(X, y)
    X[3, 2] = value
    with pytest.raises(ValueError, match="Input X contains infinity"):
        mlp().fit(X, y)
    with pytest.raises(ValueError, match="Input X contains infinity"):
        fitted.predict(X)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_y_must_be_finite(data, value):
    X, y = data
    y[3] = value
    with pytest.raises(ValueError, match="Input y contains"):
        mlp().fit(X, y)


def test_strings_are_an_error(data):
    X, y = data
    with pytest.raises(ValueError, match="could not convert string"):
        mlp().fit(np.full(X.shape, "ten"), y)


# Missing values


def test_what_a_newcomer_brings_is_an_error_that_says_what_to_write(data):
    X, y = data
    days = pd.date_range("2025-01-01", periods=len(X))
    wrong = {
        r"y holds text or times, such as a, .* predicts numbers": (X, ["a"] * len(X)),
        r"y holds text or times, such as b": (X, pd.Series(["b"] * len(X))),
        r"y holds text or times, such as 2025.* give numbers\.$": (X, days),
        r"such as c, .* or take a Classifier": (X, pd.Series([None, 1, "c"] * 20)[:40]),
        r"0 sample": (X[:0], np.array([], str)),
        r"X is an array of datetime64.* index": (days.to_numpy()[:, None], y),
        r"y\.reshape\(\d+, -1\)": (X, np.ones((len(X), 2, 1))),
        r"X\.reshape\(\d+, -1, 1\)": (np.ones((len(X), 2, 2, 1)), y),
        r"\['t'\] hold times: set .*X.set_index": (pd.DataFrame({"t": days}), y),
        r"\['t'\] hold text: .*pd.to_datetime": (
            pd.DataFrame({"t": days.astype(str)}),
            y,
        ),
    }
    for message, (rows, targets) in wrong.items():
        with pytest.raises(ValueError, match=message):
            MLPRegressor(epochs=1).fit(rows, targets)
    with pytest.raises(ValueError, match="X is an array of datetime64.* index"):
        mlp().fit(X[:, :1], y).predict(days.to_numpy()[:, None])


CHANNELS = {
    "noise": np.random.RandomState(0).normal(size=(50, 2)),
    "one is constant": np.c_[np.arange(50.0), np.ones(50)],
    "both are the same": np.c_[np.arange(50.0), np.arange(50.0)],
    "one is the other's past": np.c_[np.arange(50.0), np.arange(1, 51.0)],
}


@pytest.mark.parametrize("series", CHANNELS.values(), ids=CHANNELS)
@pytest.mark.parametrize("padding", ["edge", "nan"])
def test_windows_of_channels_side_by_side_pass_without_a_warning(series, padding):
    windows = SlidingWindowTransformer(4, padding=padding).fit_transform(series)
    y = np.arange(50.0)
    mlp(n_channels=2).fit(windows, y)
    mlp(n_channels=2).fit(windows.copy(), y)
    mlp().fit(windows.copy().reshape(50, 4, 2), y)


@pytest.mark.parametrize("n_channels", [None, 2])
@pytest.mark.parametrize("padding", ["edge", "nan"])
def test_channels_one_after_the_other_warn(padding, n_channels):
    series = CHANNELS["noise"]
    transformer = SlidingWindowTransformer(4, padding=padding)
    by_channel = ColumnTransformer([(f"{i}", transformer, [i]) for i in (0, 1)])
    model = make_pipeline(by_channel, mlp(n_channels=n_channels))
    with pytest.warns(UserWarning, match="all timesteps of one channel, then those"):
        model.fit(series, np.arange(50.0))
    with pytest.warns(UserWarning, match="all timesteps of one channel, then those"):
        mlp().fit(by_channel.fit_transform(series).reshape(50, 4, 2), np.arange(50.0))


def test_names_put_channels_one_after_the_other_in_order():
    series = pd.DataFrame(CHANNELS["noise"], columns=["a", "b"])
    transformer = SlidingWindowTransformer(4)
    by_channel = ColumnTransformer([(name, transformer, [name]) for name in "ab"])
    by_channel.set_output(transform="pandas")
    y = np.arange(50.0)
    expected = mlp(n_channels=2).fit(transformer.fit_transform(series.to_numpy()), y)
    model = make_pipeline(by_channel, mlp()).fit(series, y)
    np.testing.assert_array_equal(
        model[-1].model_.get_weights()[0], expected.model_.get_weights()[0]
    )


@pytest.mark.parametrize("lags", [[5, 4, 2, 1], [6, 5, 3, 2], [6, 4, 2, 0]])
def test_windows_that_leave_lags_out_pass_without_a_warning(lags):
    X = np.random.RandomState(0).normal(size=60)[np.arange(7, 57)[:, None] - lags]
    mlp().fit(X, np.arange(50.0))


def test_few_or_unrelated_rows_pass_without_a_warning(data):
    mlp().fit(*data)
    mlp().fit(np.arange(32.0).reshape(8, 4), np.arange(8.0))


def test_nan_inside_windows_adds_a_channel_that_marks_it(data):
    X, y = data
    X[5, 3] = np.nan
    fitted = mlp().fit(X, y)
    assert fitted.model_.input_shape == (None, 6, 2)
    assert np.isfinite(fitted.predict(X)).all()


def test_no_whole_window_is_an_error(data):
    X, y = data
    frame = pd.DataFrame(X, columns=[f"lag{k}" for k in range(5, -1, -1)])
    frame["lag5"] = np.nan
    with pytest.raises(ValueError, match="no whole window of 6 timesteps"):
        mlp().fit(frame, y)


def rows_seen(X, y):
    """Return which rows a fit learns from."""
    fitted = mlp(epochs=1).fit(X, y)
    far = [mlp(epochs=1).fit(X, y + 99 * (np.arange(len(y)) == k)) for k in range(9)]
    return [m.history_["loss"] != fitted.history_["loss"] for m in far]


def test_whole_sequences_may_be_shorter(data):
    X, y = data
    X[[0, 4], :2], X[7, 4:] = np.nan, np.nan
    assert all(rows_seen(X, y))
    X[3] = np.nan
    with pytest.warns(UserWarning, match="1 of 40 rows .* NaN throughout"):
        assert np.flatnonzero(~np.array(rows_seen(X, y))).tolist() == [3]


def test_one_shorter_sequence_in_front_is_a_row_like_others(data):
    X, y = data
    X[0, 0] = np.nan
    assert all(rows_seen(X, y))
    assert np.isfinite(mlp().fit([[np.nan, 1.0, 2.0]], [3.0]).predict([[0, 1, 2]]))


@pytest.mark.parametrize("scaler", [None, StandardScaler()])
def test_rows_from_before_a_series_are_not_trained_on(scaler):
    windows = SlidingWindowTransformer(4, padding="nan").set_output(transform="pandas")
    series = pd.DataFrame(np.random.RandomState(0).normal(size=(20, 2)).cumsum(axis=0))
    X, y = windows.fit_transform(series.rename(columns=str)), np.arange(20.0)
    if scaler is not None:
        X = scaler.set_output(transform="pandas").fit_transform(X)
    fitted, expected = mlp().fit(X, y), mlp().fit(X[3:], y[3:])
    assert fitted.history_ == expected.history_
    assert fitted.model_.input_shape == (None, 4, 2)
    assert np.isfinite(fitted.predict(X)).all()


def test_rows_without_a_value_are_counted_among_those_that_have_a_weight(data):
    X, y = data
    X[3] = np.nan
    mlp().fit(X, y, sample_weight=np.arange(len(X)) != 3)
    with pytest.raises(ValueError, match="every row that has a weight: give rows"):
        mlp().fit(X, y, sample_weight=np.arange(len(X)) == 3)


def test_sequences_of_unequal_length_are_to_be_filled_up(data):
    rows = [[1.0, 2.0], [1.0], [1.0, 2.0]]
    fitted = mlp().fit(np.ones((3, 2)), np.ones(3))
    for call in (fitted.predict, lambda X: fitted.fit(X, np.ones(3))):
        with pytest.raises(ValueError, match="unequal length: fill .* with NaN"):
            call(rows)


# Targets


@pytest.mark.parametrize("n_columns", [None, 1, 3])
def test_predictions_have_the_shape_of_y(data, n_columns):
    X, y = data
    y = y if n_columns is None else np.column_stack([y] * n_columns)
    fitted = mlp().fit(X, y)
    assert fitted.predict(X).shape == y.shape
    assert fitted.n_outputs_ == (n_columns or 1)


def test_predictions_are_in_units_of_y(data):
    X, y = data
    fitted = mlp(epochs=100).fit(X, 1e6 + 1e3 * y)
    assert fitted.score(X, 1e6 + 1e3 * y) > 0.9


def test_n_targets_must_divide_the_columns_of_y(data):
    X, y = data
    with pytest.raises(ValueError, match="n_targets=2 does not divide the 3 columns"):
        mlp(n_targets=2).fit(X, np.column_stack([y] * 3))


def precision_of(model):
    (dtype,) = {w.dtype.name for w in model.model_.get_weights()}
    return dtype


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("n_batches", [1, 2])
def test_precision_follows_X_but_is_single_where_rows_make_several_batches(
    data, dtype, n_batches
):
    X, y = data
    X = (10 * X).astype(dtype)
    of_X = "float32" if dtype == "float32" else "float64"
    fitted = mlp(batch_size=len(X) // n_batches).fit(X, y)
    assert precision_of(fitted) == (of_X if n_batches == 1 else "float32")
    assert fitted.predict(X).dtype == of_X
    single = X.astype("float32")
    assert fitted.predict(single).dtype == "float32"
    np.testing.assert_allclose(fitted.predict(single), fitted.predict(X), rtol=1e-5)
    unscaled = mlp(batch_size=len(X) // n_batches, standardize=False).fit(X, y)
    assert precision_of(unscaled) == of_X


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [20, 64])
def test_precision_can_be_forced(data, dtype, batch_size):
    X, y = data
    for x in (X, X.astype("float32")):
        fitted = mlp(precision=dtype, batch_size=batch_size).fit(x, y)
        assert precision_of(fitted) == dtype
        assert fitted.predict(x).dtype == x.dtype


def test_going_on_keeps_the_precision_of_the_first_call(data):
    X, y = data
    fitted = mlp(warm_start=True).fit(X, y)
    weights = fitted.model_.get_weights()
    assert precision_of(fitted.set_params(batch_size=8).fit(X, y)) == "float64"
    assert precision_of(fitted.partial_fit(X.astype("float32"), y)) == "float64"
    assert not np.array_equal(weights[0], fitted.model_.get_weights()[0])
    with pytest.raises(ValueError, match="precision='float32', but the first call"):
        fitted.set_params(precision="float32").fit(X, y)


@pytest.mark.parametrize("window_norm", [None, "last", "standard"])
@pytest.mark.parametrize("level", [1e9, -1e12])
def test_small_changes_of_large_values_are_learned_as_well(window_norm, level):
    X = np.random.default_rng(0).uniform(-1, 1, size=(90, 5)).round(2)
    y = X[:, -1] - X[:, 0] * X[:, 2]
    model = mlp(epochs=40, batch_size=20, window_norm=window_norm)
    expected = model.fit(X, y).predict(X)
    predicted = clone(model).fit(X + level, y + level).predict(X + level)
    assert precision_of(model) == "float32"
    scale = 1e-3 if level == 1e9 else 0.02  # values themselves are rounded to 1e-4
    np.testing.assert_allclose(predicted - level, expected, atol=scale)


def test_small_changes_of_large_targets_beside_X_in_single_precision():
    X = np.random.default_rng(0).uniform(-1, 1, size=(90, 5)).astype("float32")
    y = X[:, -1] - X[:, 0] * X[:, 2].astype(float)
    model = mlp(epochs=40, batch_size=20, window_norm=None)
    expected = model.fit(X, y).predict(X)
    assert expected.dtype == "float32"
    predicted = clone(model).fit(X, y + 1e9).predict(X)
    assert predicted.dtype == "float64"  # float32 has none between 1e9 and 1e9 + 64
    np.testing.assert_allclose(predicted - 1e9, expected, atol=1e-3)


def test_constant_y_is_predicted(data):
    X, y = data
    np.testing.assert_allclose(
        mlp(epochs=50).fit(X, np.full_like(y, 7)).predict(X), 7, atol=0.5
    )


# Windows normalised one by one


@pytest.mark.parametrize("norm", ["last", "standard"])
def test_window_norm_carries_predictions_to_levels_never_met(norm):
    series = np.sin(np.arange(120) / 3)
    X = np.lib.stride_tricks.sliding_window_view(series, 8)[:-1]
    fitted = mlp(epochs=60, window_norm=norm).fit(X, series[8:])
    never_met = fitted.predict(X + 1000)
    np.testing.assert_allclose(fitted.predict(X + 2000), never_met + 1000, atol=1e-6)
    np.testing.assert_allclose(never_met, fitted.predict(X) + 1000, atol=0.8)
    assert np.abs(mlp(epochs=60).fit(X, series[8:]).predict(X + 1000) - 1000).min() > 2


def test_windows_relative_to_their_level_predict_in_proportion():
    series = 10 + np.sin(np.arange(120) / 3)
    X = np.lib.stride_tricks.sliding_window_view(series, 8)[:-1]
    both, y = np.vstack([X, 100 * X]), np.append(series[8:], 100 * series[8:])
    model = mlp(epochs=30, window_norm="level").fit(both, y)
    predicted = model.predict(both).reshape(2, -1)
    np.testing.assert_allclose(predicted[1], 100 * predicted[0], rtol=0.02)
    X = np.where(np.arange(8) % 2, X, np.nan)  # what is missing tells no level
    assert np.isfinite(model.predict(np.vstack([X, 0 * X[:1]]))).all()


def test_target_channels_by_position_and_name(data):
    X, y = data
    X = pd.DataFrame(X, columns=[f"{c}_lag{k}" for k in (2, 1, 0) for c in "ab"])
    with pytest.raises(
        ValueError, match="2 channels and n_targets=None: name in target_"
    ):
        mlp(window_norm="last").fit(X, y)
    expected = mlp(window_norm="last", target_channels=1).fit(X, y).predict(X)
    named = pd.Series(y, name="b")
    np.testing.assert_array_equal(
        mlp(window_norm="last").fit(X, named).predict(X), expected
    )
    steps = pd.DataFrame({"in_1": y, "in_2": y})
    with pytest.raises(ValueError, match=r"targets \['in_1', 'in_2'\]; n_targets=1"):
        mlp(window_norm="last").fit(X, steps)
    for channels in ([1], "b", ["b"], np.array([1])):
        fitted = mlp(window_norm="last", target_channels=channels).fit(X, y)
        np.testing.assert_array_equal(fitted.predict(X), expected)
    other = mlp(window_norm="last", target_channels="a").fit(X, y).predict(X)
    assert (other != expected).all()


@pytest.mark.parametrize("channels", [2, -1, "c", [0, 1], [], 0.5])
def test_wrong_target_channels_are_an_error(data, channels):
    X, y = data
    model = mlp(window_norm="last", n_channels=2, target_channels=channels)
    with pytest.raises(ValueError, match="target_channels"):
        model.fit(X, y)


# Weights


def test_weights_equal_repetition_in_one_batch(data):
    X, y = data
    times = np.random.RandomState(1).randint(0, 4, len(X))
    parameters = {"batch_size": 200, "epochs": 20}
    weighted = mlp(**parameters).fit(X, y, sample_weight=times)
    repeated = mlp(**parameters).fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-9)


@pytest.mark.parametrize(
    "weight, message",
    [(np.zeros(40), "zero"), (-np.ones(40), "Negative"), ([1], "shape")],
)
def test_wrong_weights_are_an_error(data, weight, message):
    with pytest.raises(ValueError, match=message):
        mlp().fit(*data, sample_weight=weight)


# Randomness


def test_same_random_state_gives_same_bits(data):
    X, y = data
    np.testing.assert_array_equal(
        mlp(dropout=0.2).fit(X, y).predict(X), mlp(dropout=0.2).fit(X, y).predict(X)
    )
    assert (
        mlp().fit(X, y).predict(X) != mlp(random_state=1).fit(X, y).predict(X)
    ).all()


def test_a_random_state_object_moves_on(data):
    X, y = data
    state = np.random.RandomState(0)
    first = mlp(random_state=state).fit(X, y).predict(X)
    second = mlp(random_state=state).fit(X, y).predict(X)
    assert (first != second).all()


# Training


def test_history_has_a_loss_per_epoch_that_falls(data):
    fitted = mlp(epochs=30).fit(*data)
    assert list(fitted.history_) == ["loss"]
    assert fitted.n_epochs_ == len(fitted.history_["loss"]) == 30
    assert fitted.history_["loss"][-1] < fitted.history_["loss"][0] / 2


def test_early_stopping_holds_out_the_last_rows_and_keeps_the_best(data):
    X, y = data
    y[-4:] = -y[-4:]  # the more is learned of the others, the worse these get
    fitted = mlp(epochs=200, early_stopping=True, patience=5).fit(X, y)
    losses = fitted.history_["val_loss"]
    best = int(np.argmin(losses))
    assert fitted.n_epochs_ == len(losses) == best + 1 + 5 < 200
    held_out = (fitted.predict(X[-4:]) - y[-4:]) / fitted._scaler_.y_scaler_.scale
    np.testing.assert_allclose(np.mean(held_out**2), losses[best], rtol=1e-5)


@pytest.mark.parametrize(
    ("names", "n_targets", "n_left_out"),
    [
        (None, None, 2),
        (None, 3, 0),
        (["a_step1", "a_step2", "a_step3"], None, 2),
        (["a", "b", "c"], None, 0),
        (["a_step7"], None, 6),
        (["a_step90"], None, 18),  # half of the rows that are not held out
    ],
)
def test_rows_whose_targets_reach_into_those_held_out_are_left_out(
    data, names, n_targets, n_left_out
):
    y = pd.DataFrame(np.arange(120.0).reshape(40, 3)[:, : len(names or "abc")])
    y = y.set_axis(names, axis=1) if names else y.to_numpy()
    fitted = mlp(early_stopping=True, n_targets=n_targets).fit(data[0], y)
    mean = np.asarray(y)[: 36 - n_left_out].mean(axis=0)
    np.testing.assert_allclose(fitted._scaler_.y_scaler_.mean, mean)


def test_rows_to_validate_on_can_be_given(data):
    X, y = data
    stopping = mlp(epochs=30, early_stopping=True, patience=3)
    expected = clone(stopping).fit(X, y)
    known, later = {"X": X[:36], "y": y[:36]}, {"X_val": X[36:], "y_val": y[36:]}
    fitted = clone(stopping).fit(**known, **later)
    assert fitted.history_ == expected.history_
    np.testing.assert_array_equal(fitted.predict(X), expected.predict(X))
    auto = clone(stopping).set_params(early_stopping="auto").fit(**known, **later)
    assert auto.history_ == expected.history_
    twice = {"X_val": X[[36, 36, 37]], "y_val": y[[36, 36, 37]]}
    weighted = clone(stopping).fit(**known, **twice).history_["val_loss"]
    later = {"X_val": X[36:38], "y_val": y[36:38], "sample_weight_val": [2, 1]}
    found = clone(stopping).fit(**known, **later).history_["val_loss"]
    np.testing.assert_allclose(found, weighted)


def test_rows_to_validate_on_are_watched_without_stopping(data):
    X, y = data
    watched = mlp().fit(X, y, X_val=X[:5], y_val=-y[:5])
    alone = mlp().fit(X, y)
    np.testing.assert_allclose(watched.predict(X), alone.predict(X))
    assert list(watched.history_) == ["loss", "val_loss"]
    error = (watched.predict(X[:5]) + y[:5]) / watched._scaler_.y_scaler_.scale
    np.testing.assert_allclose(watched.history_["val_loss"][-1], np.mean(error**2))


def test_rows_to_validate_on_are_windows_of_a_pipeline():
    series = pd.DataFrame({"a": np.random.default_rng(0).normal(size=60)})
    X, y = make_supervised(series)
    with config_context(enable_metadata_routing=True):
        network = mlp(epochs=5).set_fit_request(X_val=True, y_val=True)
        pipe = make_pipeline(
            SlidingWindowTransformer(4), network, transform_input=["X_val"]
        )
        pipe.fit(X[:50], y[:50], X_val=X[50:], y_val=y[50:])
    windows = SlidingWindowTransformer(4).fit(X[:50])
    expected = mlp(epochs=5).fit(
        windows.transform(X[:50]),
        y[:50],
        X_val=windows.transform(X[50:]),
        y_val=y[50:],
    )
    assert pipe[-1].history_ == expected.history_


def test_metrics_are_watched_by_history_and_callbacks(data):
    X, y = data
    seen = []
    see = keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: seen.append(logs))
    stop = keras.callbacks.EarlyStopping(monitor="val_mae", patience=1, mode="max")
    fitted = mlp(metrics="mae", callbacks=[see, stop]).fit(X, y, X_val=X, y_val=y)
    assert list(fitted.history_) == ["loss", "mae", "val_loss", "val_mae"]
    assert seen == [
        dict(zip(fitted.history_, v)) for v in zip(*fitted.history_.values())
    ]
    error = (fitted.predict(X) - y) / fitted._scaler_.y_scaler_.scale
    np.testing.assert_allclose(fitted.history_["val_mae"][-1], np.abs(error).mean())
    assert fitted.n_epochs_ == 2


def test_metrics_do_not_change_what_is_learned(data):
    X, y = data
    plain = mlp(early_stopping="auto", batch_size=16).fit(X, y)
    metrics = ["mae", keras.metrics.MeanSquaredError(name="mine")]
    watched = clone(mlp(early_stopping="auto", batch_size=16, metrics=metrics))
    stored = pickle.loads(pickle.dumps(watched.fit(X, y)))
    np.testing.assert_allclose(stored.predict(X), plain.predict(X), rtol=1e-5)
    history = stored.history_
    np.testing.assert_allclose(history["mine"], history["loss"], rtol=1e-5)
    np.testing.assert_array_equal(history["val_mine"], history["val_loss"])


def test_rows_to_validate_on_that_do_not_fit_are_said(data):
    X, y = data
    with pytest.raises(ValueError, match="X_val and y_val belong together"):
        mlp().fit(X, y, X_val=X)
    with pytest.raises(ValueError, match="X_val and y_val belong together"):
        mlp().fit(X, y, sample_weight_val=y)
    with pytest.raises(ValueError, match="Of X_val and y_val: X has 5 features"):
        mlp().fit(X, y, X_val=X[:, :5], y_val=y)
    with pytest.raises(ValueError, match="Of X_val and y_val: y has shape"):
        mlp().fit(X, y, X_val=X, y_val=np.column_stack([y, y]))


def test_rows_never_trained_on_do_not_touch_the_standardisation(data):
    X, y = data
    shifted = X.copy()
    shifted[-4:] += 1000
    fitted = mlp(early_stopping=True).fit(shifted, y)
    np.testing.assert_allclose(fitted._scaler_.x_scaler_.mean, X[:-4].mean())
    ends_on_all = mlp(early_stopping="auto", batch_size=16).fit(shifted, y)
    np.testing.assert_allclose(ends_on_all._scaler_.x_scaler_.mean, shifted.mean())


def test_early_stopping_needs_a_row_to_hold_out(data):
    X, y = data
    with pytest.raises(ValueError, match=r"validation_fraction=0.1 .* only 1"):
        mlp(early_stopping=True).fit(X[:1], y[:1])


def test_a_diverged_fit_says_when_and_what_to_lower(data):
    model = mlp(learning_rate=1e20, optimizer="sgd", epochs=50)
    with pytest.raises(ValueError, match=r"epoch \d+.*learning_rate"):
        model.fit(*data)


def test_optimizer_and_loss_may_be_names_classes_or_objects(data):
    X, y = data
    sgd = keras.optimizers.SGD(learning_rate=0.05)
    by_object = mlp(optimizer=sgd, loss=keras.losses.MeanAbsoluteError()).fit(X, y)
    by_name = mlp(optimizer="sgd", learning_rate=0.05, loss="mae").fit(X, y)
    by_class = mlp(
        optimizer=keras.optimizers.SGD,
        learning_rate=0.05,
        loss=lambda y_true, y_pred: keras.ops.mean(abs(y_true - y_pred), axis=-1),
    ).fit(X, y)
    np.testing.assert_allclose(by_object.predict(X), by_name.predict(X))
    np.testing.assert_allclose(by_class.predict(X), by_name.predict(X))
    assert not sgd.built


def test_callbacks_report_to_what_they_were_given(data):
    class Count(keras.callbacks.Callback):
        def __init__(self, seen):
            super().__init__()
            self.seen = seen

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append(epoch)
            self.model.stop_training = epoch == 1

    seen: list[int] = []
    model = mlp(callbacks=Count(seen))
    assert model.fit(*data).n_epochs_ == 2
    model.callbacks = [model.callbacks]
    assert model.fit(*data).n_epochs_ == 2
    assert seen == [0, 1, 0, 1]
    assert model.callbacks[0].model is None


def test_a_checkpoint_is_plain_keras(data, tmp_path):
    path = tmp_path / "network.keras"
    checkpoint = keras.callbacks.ModelCheckpoint(path, monitor="loss")
    model = mlp(callbacks=checkpoint).fit(*data)
    loaded = keras.models.load_model(path)
    for weight, expected in zip(loaded.get_weights(), model.model_.get_weights()):
        np.testing.assert_array_equal(weight, expected)


def test_numpy_scalars_are_parameters_like_any_other(data):
    as_numpy = mlp(
        units=np.int64(3),
        batch_size=np.int64(16),
        patience=np.int64(2),
        early_stopping=np.True_,
        dropout=np.float32(0.25),
        learning_rate=np.float64(0.01),
        epochs=np.int64(2),
    )
    plain = mlp(units=3, batch_size=16, dropout=0.25, learning_rate=0.01, epochs=2)
    plain.set_params(patience=2, early_stopping=True)
    predicted = [model.fit(*data).predict(data[0]) for model in (as_numpy, plain)]
    np.testing.assert_array_equal(*predicted)


def test_warm_start_goes_on(data):
    X, y = data
    model = mlp(warm_start=True).fit(X, y)
    first = model.history_["loss"]
    model.fit(X, y)
    assert model.n_epochs_ == 6
    assert model.history_["loss"][:3] == first
    assert model.history_["loss"][3] < first[-1]


def test_warm_start_needs_the_same_network(data):
    X, y = data
    model = mlp(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="another network .*warm_start=False"):
        model.set_params(units=7).fit(X, y)
    assert model.set_params(units=(100, 100)).fit(X, y).n_epochs_ == 6


@pytest.mark.parametrize(
    "changed", [{"window_norm": "last"}, {"standardize": False}, {"n_channels": 2}]
)
def test_warm_start_keeps_to_the_standardisation_of_the_first_call(data, changed):
    X, y = data
    model = mlp(warm_start=True).fit(X, y)
    (name, value), *_ = changed.items()
    with pytest.raises(ValueError, match=f"{name}={value!r}, but the first call"):
        model.set_params(**changed).fit(X, y)


def test_warm_start_with_another_optimizer_begins_with_its_own_state(data):
    X, y = data
    models = []
    for _ in range(2):
        models.append(mlp(warm_start=True, optimizer="sgd").fit(X, y))
        models[-1].set_params(optimizer="adam").fit(X, y)
        mlp(epochs=9, random_state=5).fit(X[::-1], y)  # leaves a state of its own
    np.testing.assert_array_equal(models[0].predict(X), models[1].predict(X))
    models[0].set_params(optimizer="adafactor").fit(X, y)


def test_warm_start_fills_up_the_history(data):
    X, y = data
    model = mlp(warm_start=True).fit(X, y).set_params(early_stopping=True).fit(X, y)
    assert np.isnan(model.history_["val_loss"]).tolist() == [True] * 3 + [False] * 3


def test_partial_fit_drops_other_outputs_each_time():
    X = np.random.RandomState(0).normal(size=(1, 6))
    model = mlp(dropout=0.5, units=30)
    outputs = []
    for _ in range(12):
        model.partial_fit(X, [1.0])
        outputs.append(model.model_.get_weights()[-2].ravel())
    moved = np.diff(outputs, axis=0) != 0
    assert len({tuple(row) for row in moved}) > 1


def test_partial_fit_trains_on_all_rows_in_spite_of_early_stopping(data):
    X, y = data
    model = mlp(early_stopping=True).partial_fit(X[:1], y[:1])
    assert list(model.history_) == ["loss"]


def test_partial_fit_equals_epochs_of_fit(data):
    X, y = data
    whole = mlp(shuffle=False).fit(X, y)
    parts = mlp(shuffle=False)
    for _ in range(3):
        parts.partial_fit(X, y)
    assert parts.n_epochs_ == 3
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-6)


def test_partial_fit_keeps_the_shapes_of_the_first_call(data):
    X, y = data
    model = mlp().partial_fit(X, y)
    with pytest.raises(ValueError, match="X has 4 features"):
        model.partial_fit(X[:, :4], y)
    with pytest.raises(ValueError, match=r"y has shape \(40, 2\).*1-dimensional"):
        model.partial_fit(X, np.column_stack([y, y]))


# The start, and how long training takes


def unmoved(**parameters):
    """Return a network that stays where it starts."""
    return mlp(linear_start=True, optimizer="sgd", learning_rate=1e-30, **parameters)


def test_networks_start_from_a_ridge_regression(data):
    X, y = data
    y = y + np.random.RandomState(1).normal(size=40)
    predicted = unmoved(standardize=False).fit(X, y).predict(X)
    total = ((X - X.mean(axis=0)) ** 2).sum()
    away = [
        np.abs(Ridge(penalty).fit(X, y).predict(X) - predicted).max()
        for penalty in total / 6 * np.logspace(-8, 6, 2000)
    ]
    assert min(away) < 1e-2 < np.abs(Ridge(1e-6).fit(X, y).predict(X) - predicted).max()


def test_the_start_is_kept_where_no_epoch_is_better(data):
    X, y = data
    options = {"early_stopping": True, "patience": 4, "epochs": 50}
    start = unmoved(**options).fit(X, y)
    worse = mlp(linear_start=True, learning_rate=0.5, **options).fit(X, y)
    assert worse.n_epochs_ == len(worse.history_["val_loss"]) == 4
    np.testing.assert_allclose(worse.predict(X), start.predict(X))
    assert worse.best_epoch_ == 0


def test_warm_start_and_partial_fit_go_on_from_the_first_start(data):
    X, y = data
    model = unmoved(warm_start=True).fit(X, y)
    before = model.predict(X)
    for fit in (model.fit, model.partial_fit):
        np.testing.assert_allclose(fit(X, -5 * y).predict(X), before, rtol=1e-9)


def test_small_and_large_data_take_100_epochs_or_as_many_updates(data, monkeypatch):
    X, y = data
    assert mlp(epochs="auto").fit(X, y).n_epochs_ == 100
    monkeypatch.setattr(_estimator, "MOST_UPDATES", 60)
    assert mlp(epochs="auto").fit(X, y).n_epochs_ == 60
    assert mlp(epochs="auto", batch_size=8).fit(X, y).n_epochs_ == 12
    assert mlp(epochs="auto", batch_size=1).fit(X, y).n_epochs_ == 1
    weighted = mlp(epochs="auto").fit(X, y, sample_weight=np.full(40, 16))  # 10 batches
    assert weighted.n_epochs_ == 6


def test_auto_holds_rows_out_unless_one_batch_has_all_and_ends_on_all(data):
    X, y = data
    auto = {"early_stopping": "auto", "dropout": "auto", "epochs": 20, "patience": 20}
    assert "val_loss" not in mlp(**auto).fit(X, y).history_
    fitted = mlp(**auto, batch_size=16).fit(X, y)
    assert fitted.n_epochs_ == 22
    assert np.isnan(fitted.history_["val_loss"]).tolist() == [False] * 20 + [True] * 2
    held_out = mlp(**auto, batch_size=16, learning_rate=1e-30, optimizer="sgd")
    moved = y.copy()
    moved[-4:] += 10  # of rows that only the end trains on
    assert (
        fitted.predict(X) != mlp(**auto, batch_size=16).fit(X, moved).predict(X)
    ).all()
    assert held_out.fit(X, y).n_epochs_ == 22


def test_auto_drops_outputs_unless_one_batch_has_all_rows(data):
    X, y = data
    names = [
        [layer.name for layer in mlp(dropout="auto", **how).fit(X, y).model_.layers]
        for how in ({}, {"batch_size": 16})
    ]
    assert [any("dropout" in name for name in each) for each in names] == [False, True]


def test_a_learning_rate_falls_by_itself_for_optimizers_by_name(data):
    X, y = data
    rates = []

    class Rates(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate.numpy()))

    falling = mlp(learning_rate="auto", epochs=50, optimizer="sgd").fit(X, y)
    constant = mlp(learning_rate=0.03, epochs=50, optimizer="sgd").fit(X, y)
    assert np.ptp(falling.history_["loss"][-3:]) < np.ptp(
        constant.history_["loss"][-3:]
    )
    mlp(learning_rate="auto", optimizer=keras.optimizers.SGD(), callbacks=Rates()).fit(
        X, y
    )
    assert rates == [np.float32(0.01)] * 3
    taken_over = keras.callbacks.LearningRateScheduler(lambda epoch: 0.02)
    by_callback = mlp(learning_rate="auto", optimizer="sgd", callbacks=taken_over)
    expected = mlp(learning_rate=0.02, optimizer="sgd").fit(X, y).predict(X)
    np.testing.assert_allclose(by_callback.fit(X, y).predict(X), expected, rtol=1e-9)


@pytest.mark.parametrize(
    "lag, target, relative",
    [
        ("y_lag", "y", True),
        ("x_lag", "y", False),
        ("x_lag", None, True),
        ("lag", "y", True),
        ("lag", None, True),
    ],
)
def test_windows_are_relative_where_names_do_not_deny_it(data, lag, target, relative):
    X, y = data
    X = pd.DataFrame(X, columns=[f"{lag}{k}" for k in range(5, -1, -1)])
    fitted = MLPRegressor(epochs=1).fit(X, pd.Series(y, name=target))
    assert (len(fitted.model_.inputs) == 2) == relative


def test_a_level_that_matters_is_not_lost():
    rng = np.random.RandomState(0)
    level = rng.normal(size=(300, 1))
    X = level + np.zeros((300, 4))  # a window tells nothing but its level
    model = mlp(window_norm="last", linear_start=True).fit(X, 3 * level[:, 0])
    np.testing.assert_allclose(model.predict(X), 3 * level[:, 0], atol=0.3)


@pytest.mark.parametrize("bare", [BARE, {}], ids=["bare", "defaults"])
def test_poisson_predicts_counts(bare):
    rng = np.random.RandomState(0)
    X = rng.poisson(0.3, size=(400, 3)).astype(float)
    y = rng.poisson(np.exp(X[:, 0] - 1.5))
    model = MLPRegressor(loss="poisson", random_state=0, **bare).fit(X, y)
    predicted = model.predict(X)
    assert (predicted > 0).all()
    np.testing.assert_allclose(predicted.mean(), y.mean(), rtol=0.1)
    assert predicted[X[:, 0] > 1].mean() > 2 * predicted[X[:, 0] == 0].mean()
    with pytest.raises(ValueError, match="loss='poisson' is for counts, but y has -1"):
        model.fit(X, y - 1)


def test_several_networks_are_averaged(data):
    X, y = data
    one, three = mlp().fit(X, y), mlp(n_networks=3, warm_start=True).fit(X, y)
    members = [layer for layer in three.model_.layers if hasattr(layer, "layers")]
    later = np.random.RandomState(0)
    later.randint(2**31 - 1, size=2)  # the seeds of the first network
    second = mlp(random_state=later).fit(X, y)
    for member, alone in zip(members, (one, second)):
        for weight, expected in zip(member.get_weights(), alone.model_.get_weights()):
            np.testing.assert_array_equal(weight, expected)
    windows = three._validate(X, reset=False)
    x = three._scaler_.transform(windows, float)[0][:]
    mean = np.mean([np.asarray(network(x)) for network in members], axis=0)
    scaled = three._scaler_.y_scaler_.inverse_transform(mean)
    np.testing.assert_allclose(three.predict(X), scaled[:, 0])
    kept = pickle.loads(pickle.dumps(three))
    np.testing.assert_array_equal(kept.predict(X), three.predict(X))
    assert three.fit(X, y).n_epochs_ == 6
    assert kept.fit(X, y).n_epochs_ == 6
    with pytest.raises(ValueError, match="another network"):
        three.set_params(n_networks=2).fit(X, y)


# Keeping


def test_a_failed_fit_leaves_the_estimator_as_it_was(data):
    X, y = data
    model = mlp().fit(X, y)
    before = model.predict(X)
    for bad in (
        lambda: model.fit(X[:, :3], np.full(40, np.nan)),
        lambda: model.set_params(n_channels=5).fit(pd.DataFrame(X), y),
        lambda: model.set_params(learning_rate=1e20, optimizer="sgd").fit(X[:, :3], y),
        lambda: model.set_params(warm_start=True).fit(X, y),
    ):
        with pytest.raises(ValueError):
            bad()
        model.set_params(n_channels=None)
        assert model.n_features_in_ == 6
        np.testing.assert_array_equal(model.predict(X), before)


def test_an_interrupted_fit_leaves_the_estimator_as_it_was(data):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    X, y = data
    model = mlp(warm_start=True).fit(X, y)
    before = model.predict(X)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=Interrupt()).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)
    assert model.set_params(callbacks=None).fit(X, y).n_epochs_ == 6


def test_predict_before_fit_is_an_error(data):
    with pytest.raises(NotFittedError):
        mlp().predict(data[0])


@pytest.mark.parametrize(
    "keep", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_a_stored_estimator_predicts_the_same_bits_and_goes_on(data, keep):
    X, y = data
    model = mlp(warm_start=True).fit(X, y)
    kept = keep(model)
    np.testing.assert_array_equal(kept.predict(X), model.predict(X))
    np.testing.assert_array_equal(kept.fit(X, y).predict(X), model.fit(X, y).predict(X))


def scaled_tanh(x):
    """Activate, as a user's own function does."""
    return 2 * keras.ops.tanh(x)


def test_a_function_of_the_user_survives_storage(data):
    X, y = data
    model = mlp(activation=scaled_tanh).fit(X, y)
    kept = copy.deepcopy(model)
    np.testing.assert_array_equal(kept.predict(X), model.predict(X))


def test_functions_of_the_same_name_are_not_mixed_up(data):
    X, y = data

    def make(factor):
        def activation(x):
            return factor * x

        return mlp(activation=activation, standardize=False).fit(X, y)

    for model in (make(1.0), make(3.0)):
        np.testing.assert_allclose(model.predict(X), model.model_(X[..., None])[:, 0])


def test_learning_rate_may_be_a_schedule_of_the_user(data):
    class Halve(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.01 * 0.5 ** keras.ops.cast(step, "float32")

        def get_config(self):
            return {}

    X, y = data
    by_rate = mlp(learning_rate=Halve()).fit(X, y)
    by_optimizer = mlp(optimizer=keras.optimizers.Adam(Halve())).fit(X, y)
    np.testing.assert_array_equal(by_rate.predict(X), by_optimizer.predict(X))
    assert (by_rate.predict(X) != mlp(learning_rate=0.01).fit(X, y).predict(X)).all()


def test_model_is_plain_keras(data, tmp_path):
    X, y = data
    fitted = mlp(standardize=False).fit(X, y)
    assert type(fitted.model_).__module__.startswith("keras.")
    fitted.model_.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(X[..., None])[:, 0], fitted.predict(X))


def test_the_seam_for_new_architectures(data):
    class Average(MLPRegressor):
        def hidden(self, layers, windows):
            return layers.GlobalAveragePooling1D()(windows)

    assert Average(epochs=2).fit(*data).predict(data[0]).shape == (40,)
    with pytest.raises(NotImplementedError):
        NetworkEstimator().hidden(None, None)


def test_multi_target_steps_come_step_by_step():
    steps = np.arange(60.0)
    series = np.column_stack([np.sin(steps / 4), 100 + np.cos(steps / 4)])
    X = np.lib.stride_tricks.sliding_window_view(series, 8, axis=0)[:-2]
    X = X.transpose(0, 2, 1)
    y = np.hstack([series[8:-1], series[9:]])
    for model in (
        mlp(epochs=200, n_targets=2),
        EncoderDecoderLSTMRegressor(units=20, epochs=150, n_targets=2, random_state=0),
    ):
        predicted = model.fit(X, y).predict(X)
        assert np.abs(predicted[:, [0, 2]]).max() < 3
        assert np.abs(predicted[:, [1, 3]] - 100).max() < 3
        assert model.score(X, y) > 0.8
