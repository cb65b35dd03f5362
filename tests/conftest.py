import numpy as np
import pytest
from hypothesis import settings

# The first example may trace a TensorFlow program; hypothesis' 200 ms are not for that.
settings.register_profile("skts", deadline=None)
settings.load_profile("skts")


@pytest.fixture
def data():
    """Windows, and a sum of their timesteps to learn."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(40, 6))
    return X, X @ np.arange(6.0)
