"""What tests of networks and benchmarks share."""

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
