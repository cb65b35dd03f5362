"""Pictures: what is drawn, on what, and what is refused."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skts import (
    BacktestDisplay,
    ForecastDisplay,
    LagImportanceDisplay,
    LossCurveDisplay,
    MLPRegressor,
    ResidualsDisplay,
    SlidingWindowTransformer,
    SplitDisplay,
    WindowDisplay,
    backtest,
    forecast,
    make_supervised,
    seasonal_naive,
)
from skts._plots._style import BLUE, ORANGE, VERMILION

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def series():
    days = pd.date_range("1959-01-01", periods=60)
    values = np.sin(np.arange(60.0)) + np.arange(60) / 10
    return pd.DataFrame({"births": values}, index=days)


def fitted_pipeline(series, window=5, horizon=1):
    X, y = make_supervised(series, horizon=horizon)
    return make_pipeline(SlidingWindowTransformer(window), Ridge()).fit(X, y)


def cells(display, color):
    """Return the (step, top) of all cells of a colour."""
    return [
        patch.get_xy()
        for patch in display.ax_.patches
        if patch.get_facecolor() == to_rgba(color)
    ]


def texts(display):
    return [text.get_text() for text in display.ax_.texts]


# On which axes


@pytest.mark.parametrize("own_axes", [False, True])
@pytest.mark.parametrize("display_of", ["windows", "losses", "forecast", "splits"])
def test_draws_on_the_axes_it_is_given_or_on_new_ones(series, display_of, own_axes):
    ax = plt.figure().subplots() if own_axes else None
    n_figures = len(plt.get_fignums())
    if display_of == "windows":
        display = WindowDisplay.from_series(series, ax=ax)
    elif display_of == "losses":
        display = LossCurveDisplay({"loss": [2.0, 1.0]}).plot(ax=ax)
    elif display_of == "splits":
        display = SplitDisplay.from_splitter(TimeSeriesSplit(3), series, ax=ax)
    else:
        display = ForecastDisplay.from_predictions(series[:50], series[50:], ax=ax)

    assert display.figure_ is display.ax_.figure
    assert (display.ax_ is ax) == own_axes
    assert len(plt.get_fignums()) == n_figures + (not own_axes)


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize("width", [3.4, 10])
def test_everything_is_inside_the_figure(series, style, width):
    displays = []
    with plt.style.context(style), plt.rc_context({"figure.figsize": (width, 3)}):
        displays.append(WindowDisplay.from_series(series, window=7, horizon=3))
        history = {"loss": [2.0, 1.0, 0.5], "val_loss": [2.0, 1.0, 1.5]}
        name = "EncoderDecoderLSTMRegressor"
        displays.append(LossCurveDisplay(history, estimator_name=name).plot())
        displays.append(ForecastDisplay.from_predictions(series[:50], series[50:]))
        displays.append(SplitDisplay.from_splitter(TimeSeriesSplit(5), series))
        displays.append(BacktestDisplay.from_estimator(Ridge(), series, 9, name=name))
        displays.append(ResidualsDisplay.from_estimator(Ridge(), series))
        importance = pd.DataFrame({"a long name": [1.0, 2.0], "b": [3.0, np.nan]})
        displays.append(LagImportanceDisplay(importance, importance.sum()).plot())
        for figure in [display.figure_ for display in displays]:
            figure.canvas.draw()
            for ax in figure.axes:
                box = ax.get_tightbbox()
                assert ax.bbox.width > figure.bbox.width / 2  # not squeezed by a legend
                assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1
                assert box.y0 >= -1 and box.y1 <= figure.bbox.y1 + 1


def test_what_is_known_stands_out_on_any_background(series):
    for style, ink in [("default", "black"), ("dark_background", "white")]:
        with plt.style.context(style):
            display = ForecastDisplay.from_predictions(series[:50], series[50:])
        assert to_rgba(display.history_line_.get_color()) == to_rgba(ink)


# Importance of lags

ROWS = np.arange(89)  # of what `make_supervised` makes of 90


@pytest.fixture
def demand():
    """Demand that repeats after three rows and follows what is known ahead."""
    rng = np.random.default_rng(0)
    heat, noise, demand = rng.normal(size=(3, 90))
    for row in range(3, 90):
        demand[row] = 0.7 * demand[row - 3] + heat[row] + 0.1 * demand[row]
    index = pd.date_range("2024", periods=90)
    frame = pd.DataFrame({"demand": demand, "heat": heat, "noise": noise}, index)
    return make_supervised(frame, target="demand", ahead=["heat"])


AROUND = {
    "pipeline": lambda model: model,
    "frames": lambda model: model.set_output(transform="pandas"),
    "polars": lambda model: model.set_output(transform="polars"),
    "scaled": lambda model: make_pipeline(model[0], StandardScaler(), model[1]),
    "nested": lambda model: make_pipeline(FunctionTransformer(abs_heat), model),
    "targets": TransformedTargetRegressor,
    "search": lambda model: GridSearchCV(model, {}, cv=[[ROWS, ROWS]]),
    "frozen": FrozenEstimator,
}


def abs_heat(X):  # a step that knows no names
    return X.assign(noise=X["noise"].abs())


@pytest.mark.parametrize("around", AROUND)
def test_lags_and_leads_that_tell_something_are_important(demand, around):
    X, y = demand
    windows = SlidingWindowTransformer(4, passthrough=["noise"], history="auto")
    model = make_pipeline(windows, Ridge(1e-3))
    if around == "frozen":
        model.fit(X, y)
    model = AROUND[around](model).fit(X, y)
    display = LagImportanceDisplay.from_estimator(model, X, y, random_state=0)

    by_lag = display.by_lag
    assert by_lag.index.tolist() == [-3, -2, -1, 0, 1]
    assert by_lag["demand"].idxmax() == -2
    assert by_lag["heat"].idxmax() == 1
    others = np.sort(by_lag.abs().to_numpy().ravel())[:-4]  # two, and two are NaN
    assert others.max() < 0.1 < by_lag.loc[-2, "demand"] < by_lag.loc[1, "heat"]
    assert display.by_channel.index.tolist()[:2] == ["demand", "heat"]
    assert display.by_channel.argmin() == 2


@pytest.mark.parametrize("around", ["pipeline", "frames", "polars", "search"])
def test_rows_whose_target_is_not_known_have_no_importance(demand, around):
    X, y = demand
    model = AROUND[around](make_pipeline(SlidingWindowTransformer(4), Ridge(1e-3)))
    model.fit(X, y)
    gaps = y.copy()
    gaps[20:50] = np.nan
    kept = np.delete(np.arange(len(y)), np.s_[20:50])
    windows = SlidingWindowTransformer(4).fit_transform(X)
    best = model.best_estimator_ if around == "search" else model
    options = {"random_state": 0, "n_repeats": 1}
    display = LagImportanceDisplay.from_estimator(model, X, gaps, **options)
    known = LagImportanceDisplay.from_estimator(
        best[-1].fit(windows, y), windows[kept], y.iloc[kept], **options
    )
    np.testing.assert_allclose(display.by_lag, known.by_lag, atol=1e-6)
    with pytest.raises(ValueError, match="no row in which all targets are known"):
        LagImportanceDisplay.from_estimator(model, X, y * np.nan)


def test_what_is_known_ahead_is_one_channel_with_its_own_time(demand):
    X, y = demand
    windows = SlidingWindowTransformer(4, passthrough=["heat"])
    model = make_pipeline(windows, Ridge(1e-3)).fit(X, y)
    display = LagImportanceDisplay.from_estimator(model, X, y, random_state=0)
    assert display.by_lag["heat"].dropna().index.tolist() == [0, 1]
    assert display.by_channel.index.tolist() == ["demand", "noise", "heat"]
    assert display.by_channel.idxmax() == "heat"


def test_importance_is_in_the_score_of_a_search(demand):
    X, y = demand
    model = make_pipeline(SlidingWindowTransformer(4), Ridge(1e-3))
    scoring = "neg_mean_absolute_error"
    search = GridSearchCV(model, {}, cv=[[ROWS, ROWS]], scoring=scoring).fit(X, y)
    displays = [
        LagImportanceDisplay.from_estimator(m, X, y, random_state=0, scoring=how)
        for m, how in [(search, None), (search.best_estimator_, scoring)]
    ]
    pd.testing.assert_frame_equal(displays[0].by_lag, displays[1].by_lag)
    assert displays[0].score_name == scoring
    with pytest.raises(ValueError, match="none is named as a lag"):
        LagImportanceDisplay.from_estimator(Ridge().fit(X, y), X[["demand"]], y)


def test_importance_is_what_the_score_loses_of_shuffled_windows():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4, 2)), rng.normal(size=30)
    model = MLPRegressor(units=3, epochs=1, random_state=0).fit(X, y)
    options = {"scoring": "neg_mean_absolute_error", "random_state": 0}
    display = LagImportanceDisplay.from_estimator(model, X, y, n_repeats=1, **options)

    order = np.random.RandomState(0).permutation(30)
    shuffled = X.copy()
    shuffled[:, 1, 0] = X[order, 1, 0]
    before, after = (np.abs(model.predict(x) - y).mean() for x in (X, shuffled))
    np.testing.assert_allclose(display.by_lag.loc[-2, "x0"], after - before)
    shuffled = X.copy()
    shuffled[..., 1] = X[order][..., 1]
    after = np.abs(model.predict(shuffled) - y).mean()
    np.testing.assert_allclose(display.by_channel["x1"], after - before)
    assert "neg_mean_absolute_error" in display.axes_[1].get_xlabel()

    around = TransformedTargetRegressor(model).fit(X.reshape(30, 8), y)
    around.regressor_ = model
    flat = LagImportanceDisplay.from_estimator(
        around, X.reshape(30, 8), y, n_repeats=1, **options
    )
    pd.testing.assert_frame_equal(flat.by_lag, display.by_lag)
    with pytest.raises(NotFittedError):
        LagImportanceDisplay.from_estimator(MLPRegressor(), X, y)


# Windows


def test_windows_of_the_first_lesson():
    display = WindowDisplay.from_series([10, 20, 30, 40, 50], window=3)

    assert (display.X_shape, display.y_shape) == ((2, 3, 1), (2,))
    assert [step for step, _ in cells(display, BLUE)] == [0, 1, 2, 1, 2, 3]
    assert [step for step, _ in cells(display, ORANGE)] == [3, 4]
    assert texts(display) == [
        *("10", "20", "30", "40", "50"),  # the series
        *("10", "20", "30", "40"),
        *("20", "30", "40", "50"),
    ]
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == [
        "series",
        "row 0",
        "row 1",
    ]


def test_legend_says_the_shapes():
    display = WindowDisplay.from_series(range(10), window=3, horizon=2)
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["X (6, 3, 1)\nrows, timesteps, channels", "y (6, 2)\nrows, steps"]


def test_only_the_first_windows_are_drawn_and_dots_stand_for_the_rest():
    display = WindowDisplay.from_series(range(10, 100, 10), n_windows=2)
    assert len(cells(display, ORANGE)) == 2
    assert texts(display)[-2:] == ["…", "⋮"]


def test_channels_are_drawn_below_each_other_and_only_targets_in_the_future():
    frame = pd.DataFrame({"a": range(6), "b": range(6)})
    display = WindowDisplay.from_series(frame, window=2, horizon=2, target="b")

    assert (display.X_shape, display.y_shape) == ((3, 2, 2), (3, 2))
    assert len(cells(display, BLUE)) == 3 * 2 * 2
    tops = [top for _, top in cells(display, ORANGE)][:2]
    assert tops == [3.5, 3.5]  # below the two channels, half a cell and channel a


def test_y_shape_is_that_of_make_supervised():
    frame = pd.DataFrame({"a": range(9), "b": range(9)})
    for target in ["a", ["a"], ["a", "b"], None]:
        for horizon in [1, 3]:
            options = {"window": 2, "horizon": horizon, "target": target}
            display = WindowDisplay.from_series(frame, **options)
            X, y = make_supervised(frame, **options)
            assert display.y_shape == y.shape
            assert display.X_shape[1] * display.X_shape[2] == X.shape[1]


def test_values_are_left_out_where_there_is_no_room_for_them():
    display = WindowDisplay.from_series(range(200), window=90)
    assert set(texts(display)) == {"…", "⋮"}


def test_windows_of_a_fitted_pipeline(series):
    display = WindowDisplay.from_estimator(fitted_pipeline(series, 5, 3), series)
    assert (display.X_shape, display.y_shape) == ((53, 5, 1), (53, 3))


def test_windows_of_a_model_that_was_given_windows(series):
    X, y = make_supervised(series, window=4)
    for X_train in [X, X.to_numpy()]:
        model = LinearRegression().fit(X_train, y)
        data = series if X_train is X else series.to_numpy()
        display = WindowDisplay.from_estimator(model, data)
        assert (display.X_shape, display.y_shape) == ((56, 4, 1), (56,))


def test_windows_of_a_model_that_knows_columns_ahead(series):
    both = series.assign(day=np.arange(len(series)) % 7)
    X, y = make_supervised(both, horizon=3, ahead="day")
    model = make_pipeline(SlidingWindowTransformer(4), Ridge()).fit(X, y)
    display = WindowDisplay.from_estimator(model, both)
    assert (display.X_shape, display.y_shape) == ((54, 4, 2), (54, 3))
    known, future = both[:-3], both[["day"]][-3:]
    shown = ForecastDisplay.from_estimator(model, known, steps=3, future=future)
    assert len(shown.forecast) == 3


def test_a_model_that_may_look_back_without_limit_has_no_window(series):
    X, y = make_supervised(series)
    cumulative = FunctionTransformer(lambda X: X.cumsum())
    model = make_pipeline(cumulative, Ridge()).fit(X, y)
    with pytest.raises(ValueError, match="does not tell how far it looks back"):
        WindowDisplay.from_estimator(model, series)


def test_windows_longer_than_the_series_are_refused():
    with pytest.raises(ValueError, match="The series has 3 rows, but window=3"):
        WindowDisplay.from_series([1, 2, 3], window=3)


# Training


def test_losses_of_a_network_a_pipeline_and_a_search(series):
    X, y = make_supervised(series)
    options = {"linear_start": False, "early_stopping": True, "random_state": 0}
    network = MLPRegressor(epochs=2, **options)
    pipeline = make_pipeline(SlidingWindowTransformer(), network)
    grid = {"mlpregressor__units": [4]}
    search = GridSearchCV(pipeline, grid, cv=TimeSeriesSplit(2)).fit(X, y)

    expected = search.best_estimator_[-1].history_
    for model in [search, search.best_estimator_, search.best_estimator_[-1]]:
        display = LossCurveDisplay.from_estimator(model)
        training, validation = display.lines_
        np.testing.assert_array_equal(training.get_xdata(), [1, 2])
        np.testing.assert_array_equal(training.get_ydata(), expected["loss"])
        np.testing.assert_array_equal(validation.get_ydata(), expected["val_loss"])
        assert display.best_epoch == 1 + np.argmin(expected["val_loss"])
        assert display.estimator_name == "MLPRegressor"


def test_best_epoch_is_that_of_the_smallest_validation_loss():
    display = LossCurveDisplay({"loss": [3, 2, 1], "val_loss": [3, 1, 2]}).plot()
    assert display.best_epoch == 2
    assert display.ax_.lines[-1].get_xydata().tolist() == [[2, 1]]


def test_the_best_epoch_is_the_one_whose_weights_were_kept():
    losses = {"loss": [3.0, 2.0, 1.0], "val_loss": [1.0, 3.0, 2.0]}
    network = MLPRegressor()
    network.model_, network.history_ = None, losses
    network.best_epoch_ = 3  # of a second call, which the first epoch was not in
    display = LossCurveDisplay.from_estimator(network)
    assert display.ax_.lines[-1].get_xydata().tolist() == [[3, 2]]
    network.best_epoch_ = 0
    display = LossCurveDisplay.from_estimator(network)
    assert "best epoch: the start" in display.lines_[1].get_label()
    assert len(display.ax_.lines) == 2
    network.best_epoch_ = None  # nothing was kept: the last epoch predicts
    display = LossCurveDisplay.from_estimator(network)
    assert display.lines_[1].get_label() == "MLPRegressor"

    unknown = LossCurveDisplay({"loss": [3, 2], "val_loss": [1, np.nan]})
    assert unknown.best_epoch == 1


def test_without_validation_no_epoch_is_the_best():
    display = LossCurveDisplay({"loss": [3.0, 2.0]}).plot()
    assert display.best_epoch is None
    assert len(display.ax_.lines) == len(display.lines_) == 1


def test_networks_on_the_same_axes_have_a_colour_each():
    history = {"loss": [3.0, 2.0], "val_loss": [3.0, 2.0]}
    first = LossCurveDisplay(history, estimator_name="a").plot()
    second = LossCurveDisplay(history, estimator_name="b").plot(ax=first.ax_)
    colors = [{line.get_color() for line in d.lines_} for d in (first, second)]
    assert len(colors[0]) == len(colors[1]) == 1
    assert colors[0] != colors[1]


def test_models_without_losses_are_refused():
    forest = RandomForestRegressor(2).fit([[1], [2]], [1, 2])
    with pytest.raises(ValueError, match="RandomForestRegressor has no history_"):
        LossCurveDisplay.from_estimator(forest)
    with pytest.raises(NotFittedError):
        LossCurveDisplay.from_estimator(MLPRegressor())


# Forecasts


def test_draws_what_forecast_predicts(series):
    model = fitted_pipeline(series[:50])
    display = ForecastDisplay.from_estimator(model, series[:50], 8, truth=series[50:])

    expected = forecast(model, series[:50], 8)["births"]
    pd.testing.assert_series_equal(display.forecast, expected)
    drawn = display.forecast_line_.get_ydata()
    np.testing.assert_array_equal(drawn[1:], expected)
    assert drawn[0] == series["births"].iloc[49]  # where the history ends
    np.testing.assert_array_equal(
        display.history_line_.get_ydata(), series["births"][18:50]
    )
    assert display.ax_.get_ylabel() == "births"


def test_truth_goes_on_where_the_history_ends(series):
    display = ForecastDisplay.from_predictions(
        series[:50], series[50:53], truth=series[50:55]
    )
    np.testing.assert_array_equal(
        display.truth_line_.get_ydata(), series["births"][49:55]
    )


def test_without_truth_and_interval_there_is_nothing_to_draw_of_them(series):
    display = ForecastDisplay.from_predictions(series[:50], series[50:])
    assert display.truth_line_ is None and display.intervals_ == []
    assert display.baseline_lines_ == []
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["history", "forecast"]


def test_interval_is_drawn_between_its_bounds(series):
    predictions = series["births"][50:]
    bounds = np.column_stack([predictions - 1, predictions + 2])
    display = ForecastDisplay.from_predictions(
        series[:50], predictions, interval=bounds
    )
    (area,) = display.intervals_
    corners = area.get_paths()[0].vertices[:, 1]
    assert corners.min() == bounds.min() and corners.max() == bounds.max()


def test_intervals_of_several_coverages_lie_within_each_other(series):
    model = fitted_pipeline(series[:50], horizon=3)
    errors = backtest(model, series[:50], 3, horizon=3)
    options = {"coverage": [0.5, 0.8], "errors": errors}
    display = ForecastDisplay.from_estimator(model, series[:50], 3, **options)
    wide, narrow = (area.get_paths()[0].vertices[:, 1] for area in display.intervals_)
    assert narrow.max() < wide.max()
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["history", "forecast", "80% interval", "50% interval"]
    expected = forecast(model, series[:50], 3, coverage=0.8, errors=errors)
    np.testing.assert_array_equal(display.interval[0.8], expected.iloc[:, 1:])

    values = series["births"].to_numpy()[:50]
    model = fitted_pipeline(values, horizon=3)
    options["errors"] = backtest(model, values, 3, horizon=3)
    of_array = ForecastDisplay.from_estimator(model, values, 3, **options)
    np.testing.assert_allclose(of_array.interval[0.8], display.interval[0.8])
    one = ForecastDisplay.from_estimator(
        model, values, 3, **options | {"coverage": 0.8}
    )
    np.testing.assert_allclose(one.interval[0.8], display.interval[0.8])


def test_what_forecast_returns_is_drawn_with_its_bounds(series):
    model = fitted_pipeline(series[:50], horizon=3)
    errors = backtest(model, series[:50], 3, horizon=3)
    predictions = forecast(model, series[:50], 3, coverage=0.8, errors=errors)
    display = ForecastDisplay.from_predictions(series[:50], predictions)
    np.testing.assert_array_equal(display.interval, predictions.iloc[:, 1:])
    assert display.forecast.name == "births"


@pytest.mark.parametrize("kind", ["frame", "Series", "array"])
def test_a_baseline_repeats_the_last_season(series, kind):
    known = {"frame": series[:50], "Series": series["births"][:50]}.get(
        kind, series["births"].to_numpy()[:50]
    )
    model = fitted_pipeline(known)
    display = ForecastDisplay.from_estimator(model, known, 5, season=3)
    expected = series["births"].to_numpy()[[47, 48, 49, 47, 48]]
    (line,) = display.baseline_lines_
    np.testing.assert_array_equal(line.get_ydata()[1:], expected)
    with pytest.raises(ValueError, match="season=51 is longer than history"):
        ForecastDisplay.from_estimator(model, known, 5, season=51)


def test_several_baselines_are_drawn_by_their_names(series):
    truth = series["births"][50:55]
    baselines = {"last day": np.repeat(truth.iloc[0], 5), "ridge": truth + 1}
    display = ForecastDisplay.from_predictions(
        series[:50], truth, truth=truth, baseline=baselines
    )
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels[1].startswith("last day, off by ")
    assert labels[2] == "ridge, off by 1"
    lines = display.baseline_lines_
    assert len({line.get_color() for line in [*lines, display.forecast_line_]}) == 3
    np.testing.assert_array_equal(lines[0].get_ydata()[1:], baselines["last day"])


def test_the_legend_says_how_far_off_forecast_and_baseline_are(series):
    truth = series["births"][50:]
    display = ForecastDisplay.from_predictions(
        series[:50], truth + 0.25, truth=truth[:5], baseline=truth - 2
    )
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels[1:3] == ["baseline, off by 2", "forecast, off by 0.25"]


def test_one_of_the_targets_of_a_network_is_drawn(series):
    both = series.assign(other=np.arange(60.0))
    network = MLPRegressor(n_targets=2, epochs=1, random_state=0)
    model = make_pipeline(SlidingWindowTransformer(3), network)
    model.fit(*make_supervised(both))
    for history in (both, both.to_numpy()):
        is_frame = history is both
        model.fit(*make_supervised(history))
        display = ForecastDisplay.from_estimator(
            model, history, 2, target="other" if is_frame else 1
        )
        expected = np.asarray(forecast(model, history, 2))[:, 1]
        np.testing.assert_array_equal(display.forecast, expected)
        np.testing.assert_array_equal(display.history, both["other"])


def test_dates_are_those_of_the_zone_of_the_index(series):
    hours = pd.date_range("2014-12-30", periods=60, freq="h", tz="Australia/Melbourne")
    local = series.set_axis(hours)
    display = ForecastDisplay.from_predictions(local[:50], local[50:])
    display.figure_.canvas.draw()
    axis = display.ax_.xaxis
    assert [mpl.dates.num2date(tick, hours.tz).hour for tick in axis.get_ticklocs()][
        0
    ] in (0, 6, 12, 18)
    assert axis.get_offset_text().get_text().startswith("2015-Jan-01")


@pytest.mark.parametrize("shape", [(10,), (10, 1), (9, 2)])
def test_interval_of_another_shape_is_refused(series, shape):
    with pytest.raises(ValueError, match="must hold a lower and an upper bound"):
        ForecastDisplay.from_predictions(
            series[:50], series[50:], interval=np.zeros(shape)
        )


def test_arrays_follow_the_history(series):
    values = series["births"].to_numpy()
    display = ForecastDisplay.from_predictions(series[:50], values[50:])
    assert display.forecast.index.equals(series.index[50:])

    display = ForecastDisplay.from_predictions(values[:50], values[50:])
    assert list(display.forecast.index) == list(range(50, 60))


def test_arrays_of_several_columns_are_drawn_by_position(series):
    values = np.column_stack([series["births"], np.arange(60)])
    X, y = make_supervised(values, target=0)
    model = make_pipeline(SlidingWindowTransformer(5), Ridge()).fit(X, y)
    future = np.arange(60.0, 64.0)
    display = ForecastDisplay.from_estimator(model, values, 5, target=0, future=future)
    np.testing.assert_array_equal(display.history, values[:, 0])


def test_the_column_that_is_predicted_is_drawn(series):
    history = series[:50].assign(other=1.0)
    display = ForecastDisplay.from_predictions(history, series[50:])
    assert display.history.name == "births"


def test_several_columns_at_once_are_refused(series):
    wide = series.assign(other=1.0)
    with pytest.raises(ValueError, match=r"a picture shows one.*predictions\['births"):
        ForecastDisplay.from_predictions(wide[:50], wide[50:])


@pytest.mark.parametrize("n_history", [7, 50])
def test_the_length_of_the_history_can_be_chosen(series, n_history):
    display = ForecastDisplay.from_predictions(
        series[:50], series[50:], n_history=n_history
    )
    assert len(display.history_line_.get_xdata()) == n_history


@pytest.mark.parametrize("n_hours", [20, 60, 118, 150, 400])
def test_hours_have_dates_that_fit(n_hours):
    hours = pd.date_range("2024-03-08", periods=n_hours, freq="h", tz="Europe/Berlin")
    history = pd.Series(np.arange(n_hours), hours)
    display = ForecastDisplay.from_predictions(history[:-4], history[-4:])
    display.figure_.canvas.draw()
    assert 2 <= len(display.ax_.get_xticks()) <= 8


def test_periods_are_drawn_as_dates(series):
    periods = series.to_period("D")
    display = ForecastDisplay.from_predictions(periods[:50], periods[50:])
    assert display.forecast_line_.get_xdata()[1] == np.datetime64("1959-02-20")


# Backtests


@pytest.fixture
def backtested(series):
    return backtest(Ridge(), series, 3, n_origins=4)


def test_draws_truth_forecasts_and_errors(series, backtested):
    naive = seasonal_naive(backtested, series, 6)
    display = BacktestDisplay.from_predictions({"Ridge": backtested, "naive": naive})

    for name, rows in [("Ridge", backtested), ("naive", naive)]:
        error = np.abs(rows["births_forecast"] - rows["births"])
        expected = [error[rows["step"] == step].mean() for step in (1, 2, 3)]
        np.testing.assert_allclose(display.errors[name], expected)
        line = next(line for line in display.error_lines_ if line.get_label() == name)
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        np.testing.assert_allclose(line.get_ydata(), expected)

    drawn = display.forecast_line_.get_ydata().reshape(4, 4)
    assert np.isnan(drawn[:, 0]).all()  # a new line at each origin
    np.testing.assert_array_equal(
        drawn[:, 1:].ravel(), backtested["births_forecast"].to_numpy()
    )
    truth = display.truth_line_.get_ydata()
    np.testing.assert_array_equal(truth[1:], backtested["births"].to_numpy())
    above, below = display.axes_
    assert above.get_ylabel() == "births"
    assert below.get_ylim()[0] == 0 < display.errors.max().max() < below.get_ylim()[1]
    colors = {to_rgba(line.get_color()) for line in display.error_lines_}
    assert to_rgba(VERMILION) in colors and len(colors) == 2


def test_backtests_a_model_beside_the_seasonal_naive_forecast(series, backtested):
    options = {"season": 6, "n_origins": 4}
    display = BacktestDisplay.from_estimator(Ridge(), series, 3, **options)
    naive = seasonal_naive(backtested, series, 6)
    assert list(display.forecasts) == ["Ridge", "seasonal naive"]
    pd.testing.assert_frame_equal(display.forecasts["Ridge"], backtested)
    pd.testing.assert_frame_equal(display.forecasts["seasonal naive"], naive)


def test_of_forecasts_that_overlap_every_so_many_are_drawn(series):
    result = backtest(Ridge(), series, 6, n_origins=9, stride=2)
    display = BacktestDisplay.from_predictions(result)
    drawn = display.forecast_line_.get_ydata()
    np.testing.assert_array_equal(
        drawn[~np.isnan(drawn)],
        result["births_forecast"].to_numpy().reshape(9, 6)[::3].ravel(),
    )
    known = display.truth_line_.get_ydata()[1:]
    np.testing.assert_array_equal(known, series["births"][-len(known) :])


def test_no_line_leads_over_rows_whose_truth_is_not_there(series):
    result = backtest(Ridge(), series, 2, n_origins=3, stride=5)
    display = BacktestDisplay.from_predictions(result)
    truth = display.truth_line_.get_ydata().reshape(3, 3)
    assert np.isnan(truth[:, 0]).all() and not np.isnan(truth[:, 1:]).any()


@pytest.mark.parametrize("kind", ["array", "periods"])
def test_labels_of_other_kinds_are_drawn(series, kind):
    other = series.to_numpy() if kind == "array" else series.to_period("D")
    display = BacktestDisplay.from_estimator(Ridge(), other, 1, n_origins=4)
    first = {"array": 55, "periods": np.datetime64("1959-02-25")}[kind]
    assert display.forecast_line_.get_xdata()[0] == first
    assert display.forecast_line_.get_marker() == "."


def test_draws_on_two_axes_that_it_is_given(backtested):
    axes = plt.figure().subplots(1, 3)
    display = BacktestDisplay.from_predictions(backtested, ax=axes[:2])
    assert list(display.axes_) == list(axes[:2])
    assert display.figure_ is axes[0].figure
    with pytest.raises(ValueError, match="this picture needs two axes"):
        BacktestDisplay.from_predictions(backtested, ax=axes)


def test_on_a_single_axes_the_errors_alone_are_drawn(backtested):
    ax = plt.figure().subplots()
    display = BacktestDisplay.from_predictions({"ridge": backtested})
    assert display.plot(ax=ax).axes_ == (ax,)
    assert list(ax.lines) == display.error_lines_
    assert display.truth_line_ is None and display.forecast_line_ is None
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["ridge"]


def test_one_of_several_targets_is_drawn(series):
    wide = series.assign(other=1.0)
    result = backtest(Ridge(), wide, 2, horizon=2, n_origins=2)
    display = BacktestDisplay.from_predictions(result, target="other")
    assert display.errors["forecast"].tolist() == [0, 0]
    for target in [None, "else"]:
        with pytest.raises(ValueError, match=r"must be one of .*\['births', 'other'\]"):
            BacktestDisplay.from_predictions(result, target=target)
    for target in [None, ["births", "other"]]:
        with pytest.raises(ValueError, match="a picture shows one column"):
            BacktestDisplay.from_estimator(Ridge(), wide, 2, target=target)
    display = BacktestDisplay.from_estimator(
        Ridge(), wide, 2, target="other", horizon=2, n_origins=2
    )
    assert display.errors["Ridge"].tolist() == [0, 0]


def test_forecasts_from_other_origins_are_not_compared(series, backtested):
    other = backtest(Ridge(), series, 3, n_origins=4, stride=2)
    with pytest.raises(ValueError, match="The forecasts of 'b' are from other origins"):
        BacktestDisplay.from_predictions({"a": backtested, "b": other})


# Splits


def bars(collections):
    """Return first and last x of each bar of each fold."""
    return [
        [
            (path.vertices[:, 0].min(), path.vertices[:, 0].max())
            for path in fold.get_paths()
        ]
        for fold in collections
    ]


def test_bars_are_the_rows_of_each_fold(series):
    rows = series.to_numpy()
    display = SplitDisplay.from_splitter(TimeSeriesSplit(2, gap=3), rows)
    assert bars(display.train_bars_) == [[(0, 17)], [(0, 37)]]
    assert bars(display.test_bars_) == [[(20, 40)], [(40, 60)]]
    assert display.ax_.get_xlabel() == "Row"

    display = SplitDisplay.from_splitter(KFold(3), rows)
    assert bars(display.train_bars_)[1] == [(0, 20), (40, 60)]


def test_bars_are_at_the_labels_of_rows(series):
    display = SplitDisplay.from_splitter(2, series)
    days = bars(display.test_bars_)[1][0]
    assert mpl.dates.num2date(days[0]).strftime("%F") == "1959-01-31"
    assert mpl.dates.num2date(days[1]).strftime("%F") == "1959-03-02"

    numbered = series.set_axis(np.arange(60) * 10)
    display = SplitDisplay.from_splitter(2, numbered)
    assert bars(display.test_bars_) == [[(0, 300)], [(300, 600)]]


@pytest.mark.parametrize("labels", ["names", "shuffled"])
def test_rows_without_an_order_of_labels_are_numbered(series, labels):
    index = [f"{k}" for k in range(60)] if labels == "names" else series.index[::-1]
    display = SplitDisplay.from_splitter(2, series.set_axis(index))
    assert bars(display.test_bars_) == [[(0, 30)], [(30, 60)]]


# Residuals


def test_residuals_are_what_came_true_less_the_forecast(series):
    forecasts = backtest(Ridge(), series, 3, n_origins=25, stride=1)
    for step in (1, 3):
        display = ResidualsDisplay.from_predictions(forecasts, step=step)
        rows = forecasts[forecasts["step"] == step]
        expected = rows["births"] - rows["births_forecast"]
        np.testing.assert_array_equal(display.residuals_line_.get_ydata(), expected)
        assert display.residuals.index[0] == series.index[32 + step]
        assert sum(bar.get_height() for bar in display.histogram_) == 25
        alone = ResidualsDisplay.from_estimator(Ridge(), series, step=step)
        shared = alone.residuals.index.intersection(display.residuals.index)
        assert len(shared) > 15
        np.testing.assert_allclose(alone.residuals[shared], display.residuals[shared])


def test_autocorrelation_is_that_of_statistics():
    values = np.random.default_rng(0).normal(size=60).cumsum()
    display = ResidualsDisplay(pd.Series(values)).plot()
    centred = values - values.mean()
    for lag in (1, 5, 20):
        products = (centred[lag:] * centred[:-lag]).mean()
        assert display.autocorrelation[lag - 1] == pytest.approx(
            products / values.var()
        )
        bar = display.autocorrelation_[lag - 1]
        assert bar.get_height() == display.autocorrelation[lag - 1]
    assert ResidualsDisplay(pd.Series(np.ones(9))).autocorrelation.tolist() == [0] * 3
    with_gap = values.copy()
    with_gap[7] = np.nan
    assert np.isfinite(ResidualsDisplay(pd.Series(with_gap)).autocorrelation).all()


def test_residuals_of_one_of_several_targets_on_given_axes(series):
    both = series.assign(other=np.arange(60.0))
    forecasts = backtest(Ridge(), both, 1)
    with pytest.raises(ValueError, match="target=None must be one of"):
        ResidualsDisplay.from_predictions(forecasts)
    axes = plt.figure().subplots(3)
    display = ResidualsDisplay.from_predictions(forecasts, target="other", ax=axes)
    assert list(display.axes_) == list(axes)
    assert display.residuals.name == "other"
    with pytest.raises(ValueError, match="needs three axes"):
        display.plot(ax=axes[0])
    with pytest.raises(ValueError, match="0 residuals of step=2"):
        ResidualsDisplay.from_predictions(forecasts, target="other", step=2)
