"""Networks inside everything that scikit-learn wraps around an estimator.

Networks are tiny and their windows all of one shape, so that programs are traced once.
Left out by name, since they cannot work: `cross_val_predict` with `TimeSeriesSplit`
(it needs a partition), `RFE` and `SelectFromModel` (networks have no coefficients).
"""

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    ShuffleSplit,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
    permutation_test_score,
    train_test_split,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import resample

import skts
from skts import MLPClassifier, MLPRegressor, SlidingWindowTransformer

WINDOW = 6
PUBLIC = [getattr(skts, name) for name in skts.__all__ if name[0].isupper()]
OWN = skts.NetworkRegressor, skts.NetworkClassifier  # need a network to be given
NETWORKS = [cls for cls in PUBLIC if hasattr(cls, "predict") and cls not in OWN]
REGRESSORS = [cls for cls in NETWORKS if is_regressor(cls())]
CLASSIFIERS = [cls for cls in NETWORKS if is_classifier(cls())]


def small(cls, **parameters):
    sizes = {"units": 3, "filters": 3}
    training = {"epochs": 8, "batch_size": 8, "learning_rate": 0.05, "random_state": 0}
    names = cls().get_params()
    chosen = {k: v for k, v in (sizes | training).items() if k in names}
    return cls(**chosen | parameters)


SERIES = np.sin(np.arange(45) / 3) + np.random.RandomState(0).normal(0, 0.1, 45)
X, NEXT = skts.make_supervised(SERIES, window=WINDOW)
FRAME = pd.DataFrame({"x": SERIES[:39]}, pd.date_range("2024", periods=39))
RISES = np.where(NEXT > X[:, -1], "rises", "falls")
SPLITS = TimeSeriesSplit(3)


def target_of(model):
    return RISES if is_classifier(model) else NEXT


def names_of(cases):
    return {"argvalues": cases.values(), "ids": cases.keys()}


# Each case takes a network and n_jobs, and returns numbers that depend on its fits.


def search(kind, *grid, **options):
    def run(model, n_jobs):
        found = kind(
            model, *grid, cv=SPLITS, error_score="raise", n_jobs=n_jobs, **options
        ).fit(X, target_of(model))
        return np.r_[found.cv_results_["mean_test_score"], numbers(found)]

    return run


def numbers(fitted, rows=X):
    """Return what a fitted estimator predicts, as numbers."""
    if is_classifier(fitted):
        return np.ravel(fitted.predict_proba(rows))
    return np.ravel(fitted.predict(rows))


def meta(make):
    """Return the case of an estimator that `make` makes of a network and n_jobs."""
    return lambda model, n_jobs: numbers(make(model, n_jobs).fit(X, target_of(model)))


def run_cross_validate(model, n_jobs):
    scores = cross_validate(
        model,
        X,
        target_of(model),
        cv=SPLITS,
        n_jobs=n_jobs,
        error_score="raise",
        return_train_score=True,
    )
    return np.r_[scores["test_score"], scores["train_score"]]


def run_cross_val_predict(model, n_jobs):
    method = "predict_proba" if is_classifier(model) else "predict"
    return cross_val_predict(
        model, X, target_of(model), cv=3, n_jobs=n_jobs, method=method
    )


def run_learning_curve(model, n_jobs):
    _, *scores = learning_curve(
        model,
        X,
        target_of(model),
        train_sizes=[0.7, 1.0],
        cv=SPLITS,
        n_jobs=n_jobs,
        error_score="raise",
    )
    return np.concatenate(scores)


def run_validation_curve(model, n_jobs):
    return np.concatenate(
        validation_curve(
            model,
            X,
            target_of(model),
            param_name="epochs",
            param_range=[1, 2],
            cv=SPLITS,
            n_jobs=n_jobs,
            error_score="raise",
        )
    )


def run_permutation_test_score(model, n_jobs):
    score, permuted, _ = permutation_test_score(
        model,
        X,
        target_of(model),
        cv=SPLITS,
        n_permutations=2,
        n_jobs=n_jobs,
        random_state=0,
    )
    return np.r_[score, permuted]


def run_permutation_importance(model, n_jobs):
    y = target_of(model)
    fitted = clone(model).fit(X, y)
    options = {"n_repeats": 2, "n_jobs": n_jobs, "random_state": 0}
    return permutation_importance(fitted, X, y, **options).importances


def run_partial_dependence(model, n_jobs):
    fitted = clone(model).fit(X, target_of(model))
    return partial_dependence(fitted, X, [WINDOW - 1], grid_resolution=5)["average"]


def run_sequential_feature_selector(model, n_jobs):
    selector = SequentialFeatureSelector(
        model, n_features_to_select=1, cv=TimeSeriesSplit(2), n_jobs=n_jobs
    )
    columns = X[:, -2:]
    return selector.fit(columns, target_of(model)).transform(columns)


def run_pipeline_search(model, n_jobs):
    pipe = make_pipeline(SlidingWindowTransformer(padding="nan"), model)
    grid = {"slidingwindowtransformer__window": [2, WINDOW]}
    options = {"cv": SPLITS, "n_jobs": n_jobs, "error_score": "raise"}
    found = GridSearchCV(pipe, grid, **options).fit(FRAME, target_of(model))
    return np.r_[found.cv_results_["mean_test_score"], numbers(found, FRAME)]


def run_column_transformer(model, n_jobs):
    frame = FRAME.assign(day=FRAME.index.day_of_week)
    columns = ColumnTransformer(
        [
            ("windows", SlidingWindowTransformer(WINDOW - 1), ["x"]),
            ("calendar", StandardScaler(), ["day"]),
        ],
        n_jobs=n_jobs,
    )
    return numbers(make_pipeline(columns, model).fit(frame, target_of(model)), frame)


def run_feature_union(model, n_jobs):
    union = FeatureUnion(
        [
            ("windows", SlidingWindowTransformer(WINDOW - 1)),
            ("now", StandardScaler()),
        ],
        n_jobs=n_jobs,
    )
    return numbers(make_pipeline(union, model).fit(FRAME, target_of(model)), FRAME)


BOTH = {
    "GridSearchCV": search(GridSearchCV, {"learning_rate": [0.01, 0.1]}),
    "RandomizedSearchCV": search(
        RandomizedSearchCV, {"epochs": [1, 2, 3]}, n_iter=2, random_state=0
    ),
    "HalvingGridSearchCV": search(
        HalvingGridSearchCV,
        {"learning_rate": [0.01, 0.1]},
        resource="epochs",
        factor=2,
        max_resources=2,
        min_resources=1,
        random_state=0,
    ),
    "cross_validate": run_cross_validate,
    "cross_val_predict": run_cross_val_predict,
    "learning_curve": run_learning_curve,
    "validation_curve": run_validation_curve,
    "permutation_test_score": run_permutation_test_score,
    "permutation_importance": run_permutation_importance,
    "partial_dependence": run_partial_dependence,
    "SequentialFeatureSelector": run_sequential_feature_selector,
    "Pipeline": run_pipeline_search,
    "ColumnTransformer": run_column_transformer,
    "FeatureUnion": run_feature_union,
    "FrozenEstimator": meta(
        lambda m, n_jobs: FrozenEstimator(m.fit(X, target_of(m)))
    ),
}  # fmt: skip

FOR_REGRESSORS = {
    "BaggingRegressor": meta(
        lambda m, n_jobs: BaggingRegressor(m, 2, n_jobs=n_jobs, random_state=0)
    ),
    "AdaBoostRegressor": meta(
        lambda m, n_jobs: AdaBoostRegressor(m, n_estimators=2, random_state=0)
    ),
    "StackingRegressor": meta(
        lambda m, n_jobs: StackingRegressor(
            [("net", m), ("ridge", Ridge())], cv=3, n_jobs=n_jobs
        )
    ),
    "VotingRegressor": meta(
        lambda m, n_jobs: VotingRegressor(
            [("net", m), ("ridge", Ridge())], n_jobs=n_jobs
        )
    ),
    "TransformedTargetRegressor": meta(
        lambda m, n_jobs: TransformedTargetRegressor(
            m, func=np.sinh, inverse_func=np.arcsinh, check_inverse=False
        )
    ),
    "MultiOutputRegressor": lambda m, n_jobs: numbers(
        MultiOutputRegressor(m, n_jobs=n_jobs).fit(X, np.c_[NEXT, -NEXT])
    ),
    "RegressorChain": lambda m, n_jobs: numbers(
        RegressorChain(m).fit(X, np.c_[NEXT, -NEXT])
    ),
}

FOR_CLASSIFIERS = {
    "BaggingClassifier": meta(
        lambda m, n_jobs: BaggingClassifier(m, 2, n_jobs=n_jobs, random_state=0)
    ),
    "AdaBoostClassifier": meta(
        lambda m, n_jobs: AdaBoostClassifier(m, n_estimators=2, random_state=0)
    ),
    "StackingClassifier": meta(
        lambda m, n_jobs: StackingClassifier(
            [("net", m), ("bayes", GaussianNB())], GaussianNB(), cv=3, n_jobs=n_jobs
        )
    ),
    "VotingClassifier": meta(
        lambda m, n_jobs: VotingClassifier(
            [("net", m), ("bayes", GaussianNB())], voting="soft", n_jobs=n_jobs
        )
    ),
    "OneVsRestClassifier": lambda m, n_jobs: numbers(
        OneVsRestClassifier(m, n_jobs=n_jobs).fit(X, np.digitize(NEXT, [-0.5, 0.5]))
    ),
    "OneVsOneClassifier": lambda m, n_jobs: (
        OneVsOneClassifier(m, n_jobs=n_jobs)
        .fit(X, np.digitize(NEXT, [-0.5, 0.5]))
        .decision_function(X)
    ),
    "MultiOutputClassifier": lambda m, n_jobs: np.ravel(
        MultiOutputClassifier(m, n_jobs=n_jobs)
        .fit(X, np.c_[NEXT > 0, NEXT > 0.5])
        .predict_proba(X)
    ),
    "ClassifierChain": lambda m, n_jobs: np.ravel(
        ClassifierChain(m).fit(X, np.c_[NEXT > 0, NEXT > 0.5]).predict_proba(X)
    ),
    "CalibratedClassifierCV": meta(
        lambda m, n_jobs: CalibratedClassifierCV(m, cv=3, n_jobs=n_jobs)
    ),
    "TunedThresholdClassifierCV": meta(
        lambda m, n_jobs: TunedThresholdClassifierCV(m, cv=3, n_jobs=n_jobs)
    ),
}


@pytest.mark.parametrize("run", **names_of(BOTH | FOR_REGRESSORS))
def test_regressors_fit_in(run):
    assert np.isfinite(run(small(MLPRegressor), None)).all()


@pytest.mark.parametrize("run", **names_of(BOTH | FOR_CLASSIFIERS))
def test_classifiers_fit_in(run):
    assert np.isfinite(run(small(MLPClassifier), None)).all()


@pytest.mark.parametrize("cls", NETWORKS)
def test_a_search_makes_every_network_for_other_windows(cls):
    assert np.isfinite(run_pipeline_search(small(cls), None)).all()


# Parallel ---------------------------------------------------------------------------

WITHOUT_JOBS = {
    "AdaBoostClassifier",
    "AdaBoostRegressor",
    "ClassifierChain",
    "FrozenEstimator",
    "RegressorChain",
    "TransformedTargetRegressor",
    "TunedThresholdClassifierCV",
    "partial_dependence",
}


def with_jobs(cases):
    return names_of({k: v for k, v in cases.items() if k not in WITHOUT_JOBS})


@pytest.mark.parametrize("run", **with_jobs(BOTH | FOR_REGRESSORS))
def test_regressors_are_the_same_in_threads_and_processes(run):
    assert_same_in_parallel(run, small(MLPRegressor, dropout=0.2))


@pytest.mark.parametrize("run", **with_jobs(FOR_CLASSIFIERS))
def test_classifiers_are_the_same_in_threads_and_processes(run):
    assert_same_in_parallel(run, small(MLPClassifier, dropout=0.2))


@pytest.mark.parametrize("cls", NETWORKS)
def test_networks_are_the_same_in_threads(cls):
    assert_same_in_parallel(run_cross_validate, small(cls), ["threading"])


def assert_same_in_parallel(run, model, backends=("threading", "loky")):
    alone = run(model, 1)
    for backend in backends:
        with joblib.parallel_config(backend):
            np.testing.assert_array_equal(run(model, 2), alone)


# Metadata routing -------------------------------------------------------------------

WEIGHT = (np.arange(len(X)) % 3 > 0).astype(float)
WEIGHED = WEIGHT > 0  # rows of weight 0 must not be learned from


@pytest.fixture(params=[MLPRegressor, MLPClassifier])
def model(request):
    return small(request.param)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def learned_from_weighed_rows(fitted):
    model = small(type(fitted)).fit(X[WEIGHED], target_of(fitted)[WEIGHED])
    return np.array_equal(numbers(fitted), numbers(model))


def test_weights_arrive_without_routing(model):
    y = target_of(model)
    searched = GridSearchCV(model, {}, cv=SPLITS, error_score="raise")
    searched.fit(X, y, sample_weight=WEIGHT)
    assert learned_from_weighed_rows(searched.best_estimator_)
    pipe = make_pipeline(FunctionTransformer(), model)
    pipe.fit(X, y, **{f"{pipe.steps[-1][0]}__sample_weight": WEIGHT})
    assert learned_from_weighed_rows(pipe[-1])


def test_weights_arrive_with_routing(model, routing):
    y = target_of(model)
    model.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    pipe = make_pipeline(FunctionTransformer(), clone(model))
    assert learned_from_weighed_rows(pipe.fit(X, y, sample_weight=WEIGHT)[-1])
    searched = GridSearchCV(model, {}, cv=SPLITS, error_score="raise")
    searched.fit(X, y, sample_weight=WEIGHT)
    assert learned_from_weighed_rows(searched.best_estimator_)
    folds = cross_validate(
        model,
        X,
        y,
        cv=SPLITS,
        params={"sample_weight": WEIGHT},
        return_estimator=True,
        error_score="raise",
    )
    (_, last), fitted = list(SPLITS.split(X))[-1], folds["estimator"][-1]
    score = fitted.score(X[last], y[last], sample_weight=WEIGHT[last])
    assert folds["test_score"][-1] == score != fitted.score(X[last], y[last])


def test_weights_that_nobody_asked_for_are_an_error_with_routing(model, routing):
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        GridSearchCV(model, {}, cv=SPLITS).fit(
            X, target_of(model), sample_weight=WEIGHT
        )


def test_weights_can_be_declined_with_routing(model, routing):
    model.set_fit_request(sample_weight=False).set_score_request(sample_weight=True)
    searched = GridSearchCV(model, {}, cv=SPLITS)
    searched.fit(X, target_of(model), sample_weight=WEIGHT)
    np.testing.assert_array_equal(
        numbers(searched), numbers(clone(model).fit(X, target_of(model)))
    )


def test_meta_estimators_weigh_rows_without_routing():
    voting = VotingRegressor([("net", small(MLPRegressor)), ("ridge", Ridge())])
    voting.fit(X, NEXT, sample_weight=WEIGHT)
    assert learned_from_weighed_rows(voting.named_estimators_["net"])


# In front of a window transformer ---------------------------------------------------


def windows_and(model):
    return make_pipeline(SlidingWindowTransformer(WINDOW), model)


def evaluate(cv):
    return cross_validate(windows_and(Ridge()), FRAME, NEXT, cv=cv, error_score="raise")


SHUFFLED = {
    "train_test_split": lambda: windows_and(Ridge()).fit(
        *train_test_split(FRAME, NEXT, random_state=0)[::2]
    ),
    "resample": lambda: windows_and(Ridge()).fit(
        *resample(FRAME, NEXT, random_state=0)
    ),
    "ShuffleSplit": lambda: evaluate(ShuffleSplit(2, random_state=0)),
    "learning_curve": lambda: learning_curve(
        windows_and(Ridge()),
        FRAME,
        NEXT,
        train_sizes=[1.0],
        cv=SPLITS,
        shuffle=True,
        random_state=0,
        error_score="raise",
    ),
    "HalvingGridSearchCV": lambda: HalvingGridSearchCV(
        windows_and(Ridge()),
        {"ridge__alpha": [1, 2]},
        resource="n_samples",
        min_resources=20,
        factor=2,
        cv=TimeSeriesSplit(2),
        random_state=0,
        error_score="raise",
    ).fit(FRAME, NEXT),
}


@pytest.mark.parametrize("run", **names_of(SHUFFLED))
def test_windows_of_shuffled_rows_are_an_error(run):
    with pytest.raises(ValueError, match="must be in time order.*TimeSeriesSplit"):
        run()


def test_windows_across_the_hole_of_a_fold_are_a_warning():
    before_and_after, _ = list(KFold(3).split(FRAME))[1]
    with pytest.warns(UserWarning, match="has a hole after 2024-01-13"):
        windows_and(Ridge()).fit(FRAME.iloc[before_and_after], NEXT[before_and_after])


RESAMPLING = {
    "BaggingRegressor": lambda model: BaggingRegressor(model, 2, random_state=0),
    "AdaBoostRegressor": lambda model: AdaBoostRegressor(
        model, n_estimators=2, random_state=0
    ),
}


@pytest.mark.parametrize("ensemble", **names_of(RESAMPLING))
def test_ensembles_that_resample_leave_no_label_that_could_tell(ensemble):
    # They turn X into an array before they draw rows, and an array of resampled rows is
    # like any other. Should they keep frames one day, they belong to SHUFFLED.
    members = ensemble(windows_and(Ridge())).fit(FRAME, NEXT).estimators_
    assert not any(hasattr(member, "feature_names_in_") for member in members)


def test_ensembles_that_resample_go_after_the_windows():
    bagged = BaggingRegressor(small(MLPRegressor), 2, random_state=0)
    by_pipeline = windows_and(bagged).fit(FRAME, NEXT).predict(FRAME)
    windows = SlidingWindowTransformer(WINDOW).fit_transform(FRAME)
    by_hand = clone(bagged).fit(windows, NEXT).predict(windows)
    np.testing.assert_array_equal(by_pipeline, by_hand)
