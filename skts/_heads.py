"""What networks predict: numbers or classes."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from types import SimpleNamespace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from ._columns import are_numbers, read_steps, step_of
from ._estimator import POSITIVE, NetworkEstimator
from ._quantiles import calibration, check_quantiles, positions_of_interval
from ._scaling import WindowScaler
from ._sklearn import (
    ClassifierMixin,
    RegressorMixin,
    StrOptions,
    check_partial_fit_first_call,
    fit_context,
)
from ._start import ridge, with_quantiles


def _needs_double(y):
    """Tell whether single precision changes columns by a thousandth of their spread."""
    with np.errstate(all="ignore"):
        change = np.nanmax(np.abs(y - y.astype(np.float32)), axis=0)
        return bool((change > 1e-3 * np.nanstd(y, axis=0)).any())


def _has_quantiles(model):
    if model.quantiles is None:
        raise AttributeError(
            f"{type(model).__name__} predicts no quantiles with quantiles=None: give "
            "some, such as quantiles=[0.05, 0.5, 0.95]."
        )
    return True


class BaseNetworkRegressor(RegressorMixin, NetworkEstimator):
    """A network that predicts numbers.

    Parameters
    ----------
    loss : str, keras.losses.Loss or callable
        What training minimises: a Keras loss. It sees standardised targets. With
        "poisson", for counts, predictions are positive: the network predicts their
        logarithm, and starts from their mean.
    quantiles : sequence of float
        What to predict beside the median: levels between 0 and 1, rising, 0.5 among
        them, such as ``[0.05, 0.5, 0.95]``, of which each output has a prediction. They
        are trained by the pinball loss [Koenker]_ in place of `loss` and never cross.
        Rows that are held out widen what turns out too narrow [CQR]_. None predicts
        one number.
    linear_start : bool
        Whether the network starts from the ridge regression of its inputs and learns
        what is left: a linear layer beside it is given the ridge's solution, and its
        own output layer starts at zero. Quantiles start from those of what the ridge
        leaves. If `early_stopping` holds out rows, the start is kept where no epoch is
        better.
    n_targets : int
        Targets in each step of y; y has ``horizon * n_targets`` columns. None reads
        them from the names of y's columns, such as ``births_step2``. Without names,
        the columns are steps of one target, and each is standardised for itself.
    target_channels : int, str or sequence of them
        The channels, by position or name, that the targets continue. `window_norm`
        needs them where names do not tell and there are not as many channels as
        targets.

    Attributes
    ----------
    n_outputs_ : int
        Columns of y.

    References
    ----------
    .. [Koenker] Koenker and Bassett (1978). Regression Quantiles. Econometrica 46.
    .. [CQR] Romano, Patterson and Candes (2019). Conformalized Quantile Regression.
       NeurIPS.
    """

    loss: Any = "mse"
    quantiles: Any = None
    linear_start: bool = True
    n_targets: int | None = None
    target_channels: Any = None

    epochs: int | str = "auto"
    learning_rate: float | str | Callable | None = "auto"
    early_stopping: bool | str = "auto"
    patience: int = 20
    dropout: float | str = "auto"
    window_norm: str | None = "auto"

    _parameter_constraints = {
        "loss": [str, callable],
        "quantiles": ["array-like", None],
        "linear_start": ["boolean"],
        "n_targets": [POSITIVE, None],
        "target_channels": [Integral, str, "array-like", None],
    }
    _target_options = {"multi_output": True, "y_numeric": True}
    # Of the start: the penalty, in units of what cross-validation picks, and whether it
    # is on coefficients of columns in units of their deviations. What a network learns
    # makes up for more than that takes away. Chosen, as the defaults are, by
    # benchmarks/accuracy.py: the slower a network learns, the less.
    _start_penalty = 100.0, False

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict what follows each window.

        Parameters
        ----------
        X : array-like of shape (n_samples, timesteps), \
                (n_samples, timesteps * channels) or (n_samples, timesteps, channels)
            Windows, as in `fit`.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, in the shape and units of the y of `fit`, and in the precision
            of X; in double precision where single would not tell the values of that y
            apart.
        """
        check_is_fitted(self, "model_")
        y = self._predict_levels(X)[:, self._levels_.index(0.5)]
        return y.reshape(-1) if self._y_ndim_ == 1 else y

    @available_if(_has_quantiles)
    def predict_quantiles(self, X: ArrayLike) -> np.ndarray:
        """Predict the `quantiles` of what follows each window.

        Parameters
        ----------
        X : array-like
            Windows, as in `predict`.

        Returns
        -------
        y : ndarray of shape (n_samples, n_outputs, n_quantiles)
            Predictions in units of y, in the order of `quantiles`.
        """
        check_is_fitted(self, "model_")
        return self._predict_levels(X).transpose(0, 2, 1)

    @available_if(_has_quantiles)
    def predict_interval(self, X: ArrayLike, coverage: float) -> np.ndarray:
        """Predict between which bounds lies what follows each window.

        Parameters
        ----------
        X : array-like
            Windows, as in `predict`.
        coverage : float
            How much of what comes true shall be inside, such as 0.9 for the bounds that
            the quantiles 0.05 and 0.95 are.

        Returns
        -------
        bounds : ndarray of shape (n_samples, n_outputs, 2)
            The lower and the upper bound of each output, in units of y.
        """
        check_is_fitted(self, "model_")
        bounds = positions_of_interval(self._levels_, coverage)
        return self.predict_quantiles(X)[..., bounds]

    def _predict_levels(self, X):
        """Predict quantiles in units of y, (n_rows, n_quantiles, n_outputs)."""
        blocks = []
        for windows, outputs in self._predict_blocks(X):
            outputs = outputs.reshape(len(outputs), -1, self.n_outputs_)
            y = self._scaler_.inverse_transform_targets(outputs, windows)
            dtype = np.float64 if self._needs_double_ else windows.dtype
            blocks.append(y.astype(dtype, copy=False))
        return np.concatenate(blocks)

    @property
    def _n_columns(self):
        return len(self._levels_) * self.n_outputs_

    @property
    def _trained_loss(self):
        if self.quantiles is None:
            return self.loss
        from ._training import Pinball

        return Pinball(self._levels_)

    def _metric(self, metric):
        if self.quantiles is not None:
            raise ValueError(
                f"metrics={self.metrics!r} read one prediction of each output, but "
                "there are several quantiles: leave metrics at None."
            )
        return metric

    @property
    def _counts(self):
        """Whether outputs are positive and the network predicts their logarithm."""
        name = getattr(self.loss, "__name__", getattr(self.loss, "name", self.loss))
        return str(name).lower() == "poisson"

    def _without_gaps(self, y):
        values = np.asarray(y)
        kind = values.dtype.kind
        known = values[~pd.isna(values)] if kind in "OMm" else values
        if known.size and kind in "USMm" or kind == "O" and not are_numbers(known):
            odd = next((v for v in known.flat if not are_numbers(v)), known.flat[0])
            classifier = ", or take a Classifier" if isinstance(odd, str) else ""
            raise ValueError(
                f"y holds text or times, such as {odd!s}, and {type(self).__name__} "
                f"predicts numbers: give numbers{classifier}."
            )
        if hasattr(y, "isna"):
            gaps = np.asarray(y.isna())
            return (gaps, y.fillna(0)) if gaps.any() else (None, y)
        gaps = np.isnan(values) if kind == "f" else np.zeros(1, bool)
        return (gaps, np.where(gaps, 0, values)) if gaps.any() else (None, y)

    def _encode_targets(self, y, reset):
        dtype = np.result_type(y, np.float32)
        targets = np.ascontiguousarray(y, dtype).reshape(len(y), -1)
        if self._counts and (targets < 0).any():
            raise ValueError(
                f"loss={self.loss!r} is for counts, but y has {targets.min():.3g}: use "
                "another loss."
            )
        if reset:
            self._levels_ = check_quantiles(self.quantiles)
            if self.quantiles is not None and self.loss != "mse":
                raise ValueError(
                    f"loss={self.loss!r} is not used with quantiles, which are trained "
                    "by the pinball loss: leave loss at 'mse'."
                )
            self._y_ndim_, self.n_outputs_ = y.ndim, targets.shape[1]
        elif (y.ndim, targets.shape[1]) != (self._y_ndim_, self.n_outputs_):
            raise ValueError(
                f"y has shape {y.shape}, but {type(self).__name__} was fitted with "
                f"{self._y_ndim_}-dimensional y of {self.n_outputs_} columns."
            )
        if reset:
            self._read_targets()
        return targets

    def _read_targets(self):
        """Find out how the columns of y are steps and targets."""
        # None where nothing tells whether columns are steps or targets.
        self._targets_ = read_steps(self._y_names_) if self._y_names_ else None
        told = self.n_targets or (self._targets_ and len(self._targets_))
        if told and self.n_outputs_ % told:
            raise ValueError(
                f"n_targets={told} does not divide the {self.n_outputs_} columns of y, "
                "which must hold all targets of each step."
            )
        self._scaled_together_ = told or None
        self._n_targets_ = told or 1

    def _fit_scaler(self, windows, y, weight):
        self._needs_double_ = _needs_double(y)
        targets = self._resolve_target_channels()
        self._scaler_ = WindowScaler(
            self.standardize,
            "last" if self.window_norm == "auto" else self.window_norm,
            channels=sorted(set(targets or ())),
            target_channels=targets,
            scaled_together=self._scaled_together_,
            centers_targets=not self._counts,
        ).fit(windows, y, weight)

    @property
    def _horizon(self):
        """Steps ahead that the targets reach, as far as anything tells."""
        steps = [step[1] for step in map(step_of, self._y_names_ or ()) if step]
        return max(steps, default=self.n_outputs_ // self._n_targets_)

    def _row_groups(self, targets):
        return [range(len(targets))]

    def _weigh_classes(self, targets, weight):
        return weight

    def _output(self, layers, hidden, inputs):
        outputs = self._scores(layers, hidden, inputs)
        if self._counts:
            return layers.Activation("exponential")(outputs)
        return self._in_order(layers, outputs)

    def _in_order(self, layers, outputs):
        """Keep quantiles from crossing: going from the median, none goes back.

        The last layer is not trained: to its bias `_calibrate` adds.
        """
        n = len(self._levels_)
        if n == 1:
            return outputs
        size, median = self.n_outputs_, self._levels_.index(0.5)
        parts = [outputs[:, i * size : (i + 1) * size] for i in range(n)]
        for i in range(median + 1, n):
            parts[i] = layers.Maximum()([parts[i - 1], parts[i]])
        for i in range(median - 1, -1, -1):
            parts[i] = layers.Minimum()([parts[i + 1], parts[i]])
        return layers.EinsumDense(
            "ab,b->ab",
            self._n_columns,
            bias_axes="b",
            kernel_initializer="ones",
            trainable=False,
            name="calibration",
        )(layers.Concatenate()(parts))

    def _scores(self, layers, hidden, inputs):
        if not self.linear_start:
            return self._nonlinear(layers, hidden)
        x = [layers.Flatten()(part) for part in inputs]
        x = layers.Concatenate()(x) if len(x) > 1 else x[0]
        linear = layers.Dense(self._n_columns, name="linear")(x)
        left = self._nonlinear(layers, hidden, kernel_initializer="zeros")
        return layers.Add()([linear, left])

    def _nonlinear(self, layers, hidden, **options):
        return layers.Dense(self._n_columns, **options)(hidden)

    def _start(self, networks, inputs, y, weight):
        if not self.linear_start:
            return False
        weights = self._ridge(inputs, y, weight)
        if self.quantiles is not None:
            weights = with_quantiles(weights[0], inputs, y, weight, self._levels_)
        if self._counts:  # begin with their mean, of which the network is the logarithm
            known = weight[:, np.newaxis] * ~np.isnan(y)
            mean = (known * np.nan_to_num(y)).sum(axis=0) / known.sum(axis=0)
            weights = np.zeros_like(weights[0]), np.log(mean.clip(1e-3))
        for network in networks:
            network.get_layer("linear").set_weights(weights)
        return True

    def _calibrates(self):
        return len(self._levels_) > 1

    def _calibrate(self, networks, predicted, y, weight):
        """Move quantiles such that they were right of rows that were held out."""
        added = calibration(predicted, y, weight, self._levels_)
        for network in networks:
            kernel, bias = network.get_layer("calibration").get_weights()
            network.get_layer("calibration").set_weights([kernel, bias + added])

    def _ridge(self, inputs, y, weight):
        """Return the ridge of all outputs, each of the rows in which it is known."""
        known, penalty = ~np.isnan(y), self._start_penalty
        if known.all():
            return ridge(inputs, y, weight, *penalty)
        weights = [
            ridge(inputs, np.nan_to_num(y[:, [i]]), weight * known[:, i], *penalty)
            for i in range(y.shape[1])
        ]
        return tuple(np.concatenate(parts, axis=-1) for parts in zip(*weights))

    def _resolve_target_channels(self):
        """Return the channels that the targets continue, None if nothing tells."""
        n_channels = self.n_channels_
        names = [name for name in self._channels_ or [] if name]  # "" of plain "lag1"
        targets = self.target_channels
        if self.window_norm is None and targets is None:
            return None
        if targets is None and self._targets_ and set(self._targets_) <= set(names):
            targets = self._targets_
        is_auto = self.window_norm == "auto"
        # Names that are others than those of the channels may be of steps.
        is_guess = names and self._targets_ and not self.n_targets
        is_guess = is_guess and (n_channels > 1 or is_auto)
        if targets is None and n_channels == self._n_targets_ and not is_guess:
            return list(range(n_channels))
        if targets is None and is_auto:
            return None
        if targets is None:
            as_read = ""
            if self._targets_ and self.n_targets is None:
                as_read = (
                    f" (y's names tell of the targets {self._targets_}; n_targets=1 if "
                    "its columns are steps of one)"
                )
            raise ValueError(
                f"window_norm={self.window_norm!r} with {n_channels} channels and "
                f"n_targets={self.n_targets}: name in target_channels the channel that "
                f"each target continues{as_read}."
            )
        if isinstance(targets, (str, Integral)):
            targets = [targets]
        positions = [names.index(t) if t in names else t for t in targets]
        if len(positions) != self._n_targets_ or not all(
            isinstance(i, Integral) and 0 <= int(i) < n_channels for i in positions
        ):
            raise ValueError(
                f"target_channels={self.target_channels!r} must give a channel for each"
                f" of n_targets={self._n_targets_}: a position below {n_channels}"
                + (f" or a name of {names}." if names else ".")
            )
        return positions


class BaseNetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A network that predicts classes.

    Parameters
    ----------
    loss : str, keras.losses.Loss or callable
        What training minimises: a Keras loss of one-hot classes and probabilities.
    class_weight : {"balanced"}, dict or None
        Weights of the classes. "balanced" gives all classes the same say.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    """

    loss: Any = "categorical_crossentropy"
    class_weight: Any = None

    _parameter_constraints = {
        "loss": [str, callable],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }
    _target_options = {"multi_output": False}
    _horizon = 1

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch, from where the last call ended.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As in `fit`. The first call decides the shapes and the standardisation.
        classes : array-like of shape (n_classes,), default=None
            All classes that there will be. The first call needs them.

        Returns
        -------
        self : object
            The fitted estimator. A call that fails leaves it as it was.
        """
        continuing = hasattr(self, "model_")
        # scikit-learn's check writes the classes to what it is given.
        known = SimpleNamespace(**({"classes_": self.classes_} if continuing else {}))
        check_partial_fit_first_call(known, classes)
        return self._fit(
            X,
            y,
            sample_weight,
            epochs=None,
            continuing=continuing,
            classes=known.classes_,
        )

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, timesteps), \
                (n_samples, timesteps * channels) or (n_samples, timesteps, channels)
            Windows, as in `fit`.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities of the classes, in the order of `classes_`.
        """
        check_is_fitted(self, "model_")
        if len(self.classes_) == 1:
            windows = self._validate(X, reset=False)
            return np.ones((len(windows), 1), windows.dtype)
        blocks = [p.astype(x.dtype, copy=False) for x, p in self._predict_blocks(X)]
        p = np.concatenate(blocks)
        return p / p.sum(axis=1, keepdims=True)  # 1 in the precision of X, too

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the class of each window.

        Parameters
        ----------
        X : array-like of shape (n_samples, timesteps), \
                (n_samples, timesteps * channels) or (n_samples, timesteps, channels)
            Windows, as in `fit`.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The most probable class of each window.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _encode_targets(self, y, reset):
        if "sparse" in str(getattr(self.loss, "name", self.loss)):
            raise ValueError(
                f"loss={self.loss!r} reads codes of classes, but gets them one-hot: use"
                " loss='categorical_crossentropy'."
            )
        check_classification_targets(y)
        if not hasattr(self, "classes_"):
            self.classes_ = np.unique(y)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"y has the classes {unknown.tolist()}, which are not among those of "
                f"the first call: {self.classes_.tolist()}."
            )
        one_hot = np.eye(self._n_columns, dtype=np.float32)
        return one_hot[np.searchsorted(self.classes_, y)]

    @property
    def _n_columns(self):
        # Keras warns of a softmax of one: give a lone class one that never comes.
        return max(2, len(self.classes_))

    def _metric(self, metric):
        from ._engine import keras

        if metric in ("accuracy", "acc"):  # as Keras reads it where targets are one-hot
            return keras.metrics.CategoricalAccuracy(metric)
        return metric

    def _class_of(self, targets):
        return targets.argmax(axis=1)

    def _weigh_classes(self, targets, weight):
        if self.class_weight == "balanced":
            # Not ``weight @ targets``, whose last bits change with BLAS' threads.
            total = (weight[:, np.newaxis] * targets).sum(axis=0, dtype=np.float64)
            per_class = np.divide(
                weight.sum() / np.count_nonzero(total),
                total,
                out=np.zeros_like(total),
                where=total > 0,
            )
        else:
            per_class = compute_class_weight(
                self.class_weight, classes=self.classes_, y=self.classes_
            )
            if (per_class < 0).any() or not per_class.any():
                raise ValueError(
                    f"class_weight={self.class_weight!r} must not be negative, nor zero"
                    " for all classes."
                )
        return weight * per_class[self._class_of(targets)].astype(weight.dtype)

    def _row_groups(self, targets):
        classes = self._class_of(targets)
        return [np.flatnonzero(classes == c) for c in np.unique(classes)]

    def _fit_scaler(self, windows, y, weight):
        norm = None if self.window_norm == "auto" else self.window_norm
        channels = range(self.n_channels_)
        self._scaler_ = WindowScaler(self.standardize, norm, channels)
        self._scaler_.fit(windows, None, weight)

    def _output(self, layers, hidden, inputs):
        return layers.Dense(self._n_columns, activation="softmax")(hidden)
