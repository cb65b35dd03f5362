"""Warnings point at the user's line."""

import warnings
from multiprocessing.pool import ThreadPool

from skts._warn import warn


def test_a_warning_points_at_the_line_that_called():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn("here")
    assert caught[0].filename == __file__


def test_a_warning_in_a_worker_does_not_point_into_the_pool():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with ThreadPool(1) as pool:
            pool.apply(warn, ["here"])
    assert "multiprocessing" not in caught[0].filename
