import numpy as np
import pandas as pd
import pytest

from skts.datasets import load_daily_births


def test_daily_births_holds_every_day_of_1959():
    births = load_daily_births()

    year = pd.date_range("1959-01-01", "1959-12-31", freq="D", name="date")
    pd.testing.assert_index_equal(births.index, year, exact="equiv")
    assert births.index.freq == "D"
    assert list(births.columns) == ["births"]


def test_daily_births_holds_the_published_counts():
    births = load_daily_births()["births"]

    assert births.dtype == np.int64
    assert births.sum() == 15323
    assert births.mean() == pytest.approx(41.980822, abs=5e-7)
    assert births.std() == pytest.approx(7.348257, abs=5e-7)
    assert (births.min(), births.max()) == (23, 73)
    assert births.head().tolist() == [35, 32, 30, 31, 44]
    assert births.tail().tolist() == [37, 52, 48, 55, 50]


def test_daily_births_as_array_is_the_frame_without_labels():
    array = load_daily_births(as_frame=False)

    assert type(array) is np.ndarray
    assert array.shape == (365, 1)
    assert array.dtype == np.int64
    np.testing.assert_array_equal(array, load_daily_births())


def test_daily_births_belong_to_the_caller():
    frame, array = load_daily_births(), load_daily_births(as_frame=False)
    frame.loc[:, "births"] = 0
    array[:] = 0

    assert load_daily_births()["births"].sum() == 15323
    assert load_daily_births(as_frame=False).sum() == 15323
