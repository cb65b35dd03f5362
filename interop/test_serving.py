"""The application of the guide's page on serving answers as `forecast` does."""

import re
from pathlib import Path

import numpy as np
from fastapi.testclient import TestClient

from skts import forecast

PAGE = Path(__file__).parents[1] / "docs" / "guide" / "serving.md"


def test_the_application_of_the_guide_forecasts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    serve = re.search(r"```py\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    names, served = {}, {}
    exec(train, names)
    exec(serve, served)
    rows = names["series"]["load"].tail(48)
    sent = {time.isoformat(): value for time, value in rows.items()}
    client = TestClient(served["app"])
    got = client.post("/forecast", json=sent).raise_for_status().json()
    expected = forecast(names["model"], names["series"], steps=24)["load"]
    assert list(got) == [time.isoformat() for time in expected.index]
    np.testing.assert_allclose(list(got.values()), expected)

    del sent[rows.index[10].isoformat()]  # an hour that is not known
    assert len(client.post("/forecast", json=sent).raise_for_status().json()) == 24
