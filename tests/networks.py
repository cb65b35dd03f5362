"""What tests of networks share."""

from unittest import SkipTest

import skts

REGRESSORS = [
    getattr(skts, name)
    for name in skts.__all__
    if name.endswith("Regressor") and not name.startswith("Network")
]

# The architecture alone, as Keras trains it.
BARE = {
    "linear_start": False,
    "early_stopping": False,
    "learning_rate": None,
    "dropout": 0.0,
    "window_norm": None,
}


def run_check(check, estimator):
    """Run a check of scikit-learn, which may be skipped for one reason alone."""
    try:
        check(estimator)
    except SkipTest as skip:
        assert "SCIPY_ARRAY_API" in str(skip)
        raise
