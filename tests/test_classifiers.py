"""What classifiers do beyond what all networks do, shown on the fastest of them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.tree import DecisionTreeClassifier

import skts
from skts import MLPClassifier

CLASSIFIERS = [
    getattr(skts, name)
    for name in skts.__all__
    if name.endswith("Classifier") and name != "NetworkClassifier"
]


def mlp(**parameters):
    cheap = {"units": 10, "epochs": 30, "learning_rate": 0.02, "random_state": 0}
    return MLPClassifier(**cheap | parameters)


@pytest.fixture
def waves():
    """Windows of three frequencies, in that order, and which it is."""
    rng = np.random.RandomState(0)
    which = np.repeat([0, 1, 2], 20)
    phase = rng.uniform(0, 2 * np.pi, size=(60, 1))
    cycles = np.array([1, 2, 4])[which, None]
    X = np.sin(phase + 2 * np.pi * cycles * np.arange(16) / 16)
    return X + rng.normal(0, 0.1, X.shape), which


@pytest.fixture
def slopes():
    """Windows that rise or fall, in turn, with noise."""
    rng = np.random.RandomState(0)
    falls = np.arange(40) % 2
    return np.linspace(-1, 1, 6) * (1 - 2 * falls[:, None]) + rng.normal(
        size=(40, 6)
    ), falls


# Classes


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_every_classifier_learns_three_classes_by_its_defaults(cls, waves):
    X, y = waves
    model = cls(random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (60, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), model.predict(X))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["a", "b", "c"]),
        np.array(["a", "b", "c"], object),
        np.array([-5, 0, 7]),
        np.array([1.0, 2.0, 10.0]),
        np.array([1, 2, 300], np.uint16),
    ],
    ids=lambda labels: str(labels.dtype),
)
def test_labels_of_any_type_come_back(waves, labels):
    X, y = waves
    model = mlp().fit(X, labels[y])
    np.testing.assert_array_equal(model.classes_, labels)
    assert model.classes_.dtype == labels.dtype
    predicted = model.predict(X)
    assert predicted.dtype == labels.dtype
    np.testing.assert_array_equal(predicted, labels[mlp().fit(X, y).predict(X)])


@pytest.mark.parametrize(
    "labels", [np.array([False, True]), np.array(["no", "yes"]), np.array([-1, 1])]
)
def test_two_classes_have_two_probabilities(slopes, labels):
    X, y = slopes
    model = mlp().fit(X, labels[y])
    assert model.predict_proba(X).shape == (40, 2)
    assert model.score(X, labels[y]) > 0.8


@pytest.mark.parametrize("dtype", ["object", "category", "string", "Int64", "boolean"])
def test_labels_of_a_series_come_back_as_scikit_learn_has_it(slopes, dtype):
    X, y = slopes
    values = y if dtype in ("Int64", "boolean") else np.array(["up", "down"])[y]
    labels = pd.Series(values, index=pd.date_range("2024", periods=40), dtype=dtype)
    model, tree = mlp().fit(X, labels), DecisionTreeClassifier().fit(X, labels)
    np.testing.assert_array_equal(model.classes_, tree.classes_)
    assert model.predict(X).dtype == tree.predict(X).dtype
    assert model.score(X, labels) > 0.8


def test_one_class_is_certain(slopes):
    X, _ = slopes
    model = mlp(class_weight="balanced").fit(X, ["only"] * 40)
    np.testing.assert_array_equal(model.predict_proba(X), np.ones((40, 1)))
    assert set(model.predict(X)) == {"only"}


@pytest.mark.parametrize(
    "y, message",
    [
        (np.linspace(0, 1, 40), "Unknown label type"),
        (np.eye(2)[np.arange(40) % 2], "shape|label"),
        (np.full(40, np.nan), "NaN"),
    ],
)
def test_what_is_not_a_class_is_an_error(slopes, y, message):
    with pytest.raises(ValueError, match=message):
        mlp().fit(slopes[0], y)


def test_splits_are_stratified_without_being_asked(waves):
    """The rows are sorted by class, so that plain folds would miss whole classes."""
    X, y = waves
    by_number = cross_val_score(mlp(), X, y, cv=3)
    by_hand = cross_val_score(mlp(), X, y, cv=StratifiedKFold(3))
    np.testing.assert_array_equal(by_number, by_hand)
    assert by_number.mean() > 0.8


# Weights of classes


@pytest.fixture
def rare(slopes):
    """Slopes of which few fall."""
    X, y = slopes
    keep = np.sort(np.r_[np.flatnonzero(y == 0), np.flatnonzero(y)[:3]])
    return X[keep], y[keep]


def test_balanced_equals_weights_of_rows(rare):
    X, y = rare
    weight = len(y) / (2 * np.bincount(y))
    balanced = mlp(class_weight="balanced").fit(X, y)
    by_row = mlp().fit(X, y, sample_weight=weight[y])
    by_dict = mlp(class_weight=dict(enumerate(weight))).fit(X, y)
    for other in (by_row, by_dict):
        np.testing.assert_allclose(
            balanced.predict_proba(X), other.predict_proba(X), rtol=1e-6
        )
    assert np.abs(
        balanced.predict_proba(X) - mlp().fit(X, y).predict_proba(X)
    ).max() > (0.05)


def test_balanced_finds_rare_classes(rare, slopes):
    X, y = rare
    plain = balanced_accuracy_score(slopes[1], mlp().fit(X, y).predict(slopes[0]))
    balanced = mlp(class_weight="balanced").fit(X, y).predict(slopes[0])
    assert balanced_accuracy_score(slopes[1], balanced) > plain


def test_class_weights_by_label(slopes):
    X, y = slopes
    labels = np.array(["falls", "rises"])[y]
    model = mlp(class_weight={"falls": 50.0}).fit(X, labels)
    assert (model.predict(X) == "falls").mean() > (labels == "falls").mean()


def test_weights_of_unknown_classes_are_an_error(slopes):
    with pytest.raises(ValueError, match="class"):
        mlp(class_weight={"nowhere": 2.0}).fit(*slopes)
    with pytest.raises(ValueError, match="class_weight"):
        mlp(class_weight="balance").fit(*slopes)


# Training


def test_early_stopping_holds_out_the_last_rows_of_each_class(waves):
    X, y = waves
    held_out = np.r_[18:20, 38:40, 58:60]
    model = mlp(early_stopping=True, epochs=40, patience=40, standardize=False)
    losses = model.fit(X, y).history_["val_loss"]
    probabilities = model.predict_proba(X)[held_out, y[held_out]]
    np.testing.assert_allclose(-np.log(probabilities).mean(), min(losses), rtol=1e-6)


def test_early_stopping_keeps_a_class_of_one_row_for_training(waves):
    X, y = waves
    y = np.r_[3, y[1:]]
    model = mlp(early_stopping=True).fit(X, y)
    assert model.predict_proba(X).shape == (60, 4)


def test_partial_fit_learns_classes_as_they_come(waves):
    X, y = waves
    model = mlp()
    for rows in 30 * [slice(0, 20), slice(20, 40), slice(40, 60)]:
        model.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    assert model.n_epochs_ == 90
    assert model.predict_proba(X[:1]).shape == (1, 3)
    assert model.score(X, y) > 0.6


def test_partial_fit_needs_the_classes_first_and_keeps_them(waves):
    X, y = waves
    with pytest.raises(ValueError, match="classes must be passed"):
        mlp().partial_fit(X, y)
    model = mlp().partial_fit(X[:40], y[:40], classes=[0, 1])
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match=r"classes \[2\], which are not among"):
        model.partial_fit(X, y)
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X, y, classes=[0, 1, 2])
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_a_warm_start_keeps_the_classes(waves):
    X, y = waves
    model = mlp(warm_start=True).fit(X[:40], y[:40])
    with pytest.raises(ValueError, match=r"classes \[2\]"):
        model.fit(X, y)
    assert model.fit(X[:20], y[:20]).predict_proba(X).shape == (60, 2)


def test_fit_forgets_the_classes_of_an_earlier_fit(waves):
    X, y = waves
    model = mlp().fit(X, y)
    assert model.fit(X[20:], y[20:]).classes_.tolist() == [1, 2]


def test_window_norm_sees_shapes_whatever_the_level(slopes):
    X, y = slopes
    model = mlp(window_norm="standard").fit(X, y)
    np.testing.assert_array_equal(model.predict(3 * X + 1000), model.predict(X))


def test_losses_of_keras_by_name(slopes):
    X, y = slopes
    for loss in ("mse", "categorical_focal_crossentropy"):
        assert mlp(loss=loss, epochs=100).fit(X, y).score(X, y) > 0.8


def test_accuracy_is_watched_as_the_share_of_right_classes(waves):
    X, y = waves
    model = mlp(metrics=["accuracy", "AUC"]).fit(X, y, X_val=X, y_val=y)
    assert model.history_["val_accuracy"][-1] == pytest.approx(model.score(X, y))
    assert model.history_["val_AUC"][-1] > 0.9
