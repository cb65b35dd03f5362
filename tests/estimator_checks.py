"""How scikit-learn's own checks of estimators are run."""

from unittest import SkipTest

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks


def each_check(estimators, expected_failures=None):
    """Return scikit-learn's own parametrisation without what 1.6 has twice in it."""
    expected = expected_failures or {}
    mark = parametrize_with_checks(
        estimators, expected_failed_checks=lambda e: expected.get(repr(e), {})
    ).mark
    names, checks = mark.args
    return pytest.mark.parametrize(
        names, {repr(check): check for check in checks}.values(), **mark.kwargs
    )


def run_check(check, estimator):
    """Run a check of scikit-learn, which may be skipped for one reason alone."""
    try:
        check(estimator)
    except SkipTest as skip:
        assert "SCIPY_ARRAY_API" in str(skip)
        raise
