"""What the guide writes with other libraries runs: its blocks that are marked `py`."""

import re
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from skts import forecast

GUIDE = Path(__file__).parents[1] / "docs" / "guide"


def first_blocks(page):
    """Return the first block of a page, and the first with another library."""
    text = (GUIDE / page).read_text()
    return [
        re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL)[1]
        for kind in ("python", "py")
    ]


def test_optuna_tunes_a_pipeline():
    search, study = first_blocks("tuning.md")
    names = {}
    exec(search, names)
    exec(study.replace("n_trials=50", "n_trials=3"), names)
    assert len(names["study"].trials) == 3
    assert names["study"].best_params.keys() == {"window", "units", "dropout"}


def test_fastapi_serves_what_forecast_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train, serve = first_blocks("serving.md")
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


@pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")  # mlflow's own hints
def test_mlflow_loads_what_it_stored(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train, _ = first_blocks("serving.md")
    store = (GUIDE / "serving.md").read_text().split("```py\nimport mlflow", 1)[1]
    names = {"forecast": forecast}
    exec(train, names)
    names["last_rows"] = names["series"].tail(48)
    exec("import mlflow" + store.partition("```")[0], names)
    assert all(name.startswith("skts.") for name in names["types"])
    assert names["next_day"].equals(forecast(names["model"], names["series"], 24))
