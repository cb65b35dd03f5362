"""What earlier versions have stored."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

STORED = sorted(Path(__file__).parent.glob("stored/*.pickle"))


# Another scikit-learn stored it; of its own, a pipeline is all that is in the file.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_predictions_are_those_of_the_version_that_stored_the_model(path):
    for model, X, dates, predictions in pickle.loads(path.read_bytes()).values():
        if dates is not None:
            times = pd.to_datetime(dates, utc=True).tz_convert("Europe/Berlin")
            X = pd.DataFrame(X, times, ["sold"])
        np.testing.assert_allclose(model.predict(X), predictions, rtol=1e-3)
