"""Settings of networks that tests share."""

# The architecture alone, as Keras trains it.
BARE = {
    "linear_start": False,
    "early_stopping": False,
    "learning_rate": None,
    "dropout": 0.0,
    "window_norm": None,
}
