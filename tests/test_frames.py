"""Frames of pandas and polars in; names and time labels kept."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skts import (
    MLPClassifier,
    MLPRegressor,
    SlidingWindowTransformer,
    make_supervised,
)

DAYS = pd.date_range("2024-03-01", periods=40)
VALUES = np.random.RandomState(0).normal(size=(40, 2))
NEXT = np.roll(VALUES[:, 0], -1)
SERIES = {
    "pandas": pd.DataFrame(VALUES, DAYS, ["load", "wind"]),
    "polars": pl.DataFrame(VALUES, schema=["load", "wind"]),
}
NAMES = [f"{channel}_lag{k}" for k in (2, 1, 0) for channel in ("load", "wind")]

each_library = pytest.mark.parametrize("library", SERIES)


def mlp(**parameters):
    settings = {"units": 3, "epochs": 2, "random_state": 0, "window_norm": None}
    return MLPRegressor(**settings | parameters)


def windows(output="default"):
    return SlidingWindowTransformer(3).set_output(transform=output)


# X


@each_library
def test_windows_of_a_frame_tell_their_channels(library):
    X = windows(library).fit_transform(SERIES[library])
    assert list(X.columns) == NAMES
    model = mlp().fit(X, NEXT)
    assert model.feature_names_in_.tolist() == NAMES
    assert model.model_.input_shape == (None, 3, 2)
    array = windows().fit_transform(VALUES)
    by_position = mlp(n_channels=2).fit(array, NEXT)
    np.testing.assert_array_equal(model.predict(X), by_position.predict(array))


@each_library
def test_names_of_columns_are_checked(library):
    X = windows(library).fit_transform(SERIES[library])
    model = mlp().fit(X, NEXT)
    with pytest.raises(ValueError, match="names should match"):
        model.predict(X[NAMES[::-1]])
    with pytest.raises(ValueError, match=r"(?s)unseen at fit time:\n- wind_lag9"):
        model.predict(X.rename({"wind_lag0": "wind_lag9"}, **by_column(library)))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X.to_numpy())
    with pytest.warns(UserWarning, match="was fitted without feature names"):
        mlp(n_channels=2).fit(X.to_numpy(), NEXT).predict(X)


def by_column(library):
    return {"axis": 1} if library == "pandas" else {}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_precision_follows_the_columns(dtype):
    """Of pandas' frames: scikit-learn reads those of polars in double precision."""
    X = pd.DataFrame((100 * VALUES).astype(dtype), columns=["a", "b"])
    expected = "float32" if dtype == "float32" else "float64"
    assert mlp().fit(X, NEXT).predict(X).dtype == expected


def test_nullable_columns_of_pandas_may_miss_values():
    X = pd.DataFrame(VALUES, columns=["lag_2", "lag_1"])
    X.iloc[5, 1] = np.nan
    expected = mlp().fit(X, NEXT).predict(X)
    nullable = X.convert_dtypes()
    assert str(nullable.dtypes.iloc[0]) == "Float64"
    np.testing.assert_array_equal(mlp().fit(nullable, NEXT).predict(nullable), expected)


def test_numbered_columns_are_no_names():
    X = pd.DataFrame(VALUES)
    model = mlp().fit(X, NEXT)
    assert not hasattr(model, "feature_names_in_")
    np.testing.assert_array_equal(model.predict(X), model.predict(VALUES))


# y


TARGETS = {
    "array": np.asarray,
    "list": list,
    "Series": pd.Series,
    "Series of other days": lambda y: pd.Series(y, pd.date_range("1959", periods=40)),
    "Series of strings": lambda y: pd.Series(y, [f"row {i}" for i in range(40)]),
    "Series of float32": lambda y: pd.Series(y, dtype="Float32"),
    "polars Series": pl.Series,
}


@each_library
@pytest.mark.parametrize("kind", TARGETS)
def test_y_of_any_kind_and_index_is_taken_by_position(library, kind):
    X = windows(library).fit_transform(SERIES[library])
    y = TARGETS[kind](NEXT)
    expected = mlp().fit(X, NEXT).predict(X)
    tolerance = 1e-5 if "float32" in kind else 0
    found = mlp().fit(X, y).predict(X)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "kind", [pd.DataFrame, pl.DataFrame, np.asarray], ids=["pandas", "polars", "array"]
)
@pytest.mark.parametrize("n_columns", [1, 2])
def test_y_of_two_dimensions_is_predicted_as_such(kind, n_columns):
    y = np.column_stack([NEXT, -NEXT])[:, :n_columns]
    model = mlp().fit(VALUES, kind(y))
    assert model.predict(VALUES).shape == (40, n_columns)
    np.testing.assert_array_equal(
        model.predict(VALUES), mlp().fit(VALUES, y).predict(VALUES)
    )


@pytest.mark.parametrize(
    "kind", [pd.Series, pl.Series, list], ids=["pandas", "polars", "list"]
)
def test_classes_of_any_kind(kind):
    labels = ["up" if value > 0 else "down" for value in NEXT]
    model = MLPClassifier(units=3, epochs=2, random_state=0)
    model.fit(SERIES["pandas"], kind(labels))
    assert model.classes_.tolist() == ["down", "up"]
    assert set(model.predict(SERIES["pandas"])) <= {"down", "up"}


@pytest.mark.parametrize("kind", [pd.Series, pl.Series], ids=["pandas", "polars"])
def test_weights_of_any_kind(kind):
    weight = np.arange(40.0)
    model = mlp().fit(VALUES, NEXT, sample_weight=kind(weight))
    expected = mlp().fit(VALUES, NEXT, sample_weight=weight).predict(VALUES)
    np.testing.assert_array_equal(model.predict(VALUES), expected)


# Pipelines


@each_library
def test_a_pipeline_keeps_names_and_index(library):
    pipe = make_pipeline(StandardScaler(), SlidingWindowTransformer(3), mlp())
    pipe.set_output(transform=library).fit(SERIES[library], NEXT)
    assert pipe.feature_names_in_.tolist() == ["load", "wind"]
    assert pipe[-1].feature_names_in_.tolist() == NAMES
    assert pipe[:-1].get_feature_names_out().tolist() == NAMES
    between = pipe[:-1].transform(SERIES[library])
    assert type(between) is type(SERIES[library])
    if library == "pandas":
        assert between.index.equals(DAYS)


@each_library
def test_a_search_over_a_frame(library):
    X, y = make_supervised(SERIES[library], target="load")
    pipe = make_pipeline(SlidingWindowTransformer(), mlp())
    pipe.set_output(transform=library)
    grid = {"slidingwindowtransformer__window": [2, 3]}
    search = GridSearchCV(pipe, grid, cv=TimeSeriesSplit(2), error_score="raise")
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.feature_names_in_.tolist() == ["load", "wind"]
    assert search.predict(X).shape == (39,)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(40),
        pd.period_range("2024-03", periods=40, freq="M"),
        DAYS.tz_localize("Europe/Berlin"),
        pd.timedelta_range("1h", periods=40, freq="h"),
    ],
    ids=["range", "period", "zone", "timedelta"],
)
def test_folds_know_their_past_by_labels_of_any_type(index):
    """So scores are those of windows that were made before the split."""
    series = pd.DataFrame(VALUES, index, ["load", "wind"])
    pipe = make_pipeline(windows("pandas"), mlp())
    y = pd.Series(NEXT)  # whose index is another
    found = cross_val_score(pipe, series, y, cv=TimeSeriesSplit(3))
    made_before = windows("pandas").fit_transform(series)
    expected = cross_val_score(mlp(), made_before, y, cv=TimeSeriesSplit(3))
    np.testing.assert_array_equal(found, expected)
