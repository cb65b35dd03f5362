"""The life cycle that all estimators share: validate, scale, build, train, predict."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Self, dataclass_transform

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.validation import validate_data

from ._columns import misread_channels, read_lags, read_order
from ._networks._layers import SeededLayers
from ._scaling import overlapping_series
from ._sklearn import (
    HasMethods,
    Interval,
    StrOptions,
    check_sample_weight,
    fit_context,
)

POSITIVE = Interval(Integral, 1, None, closed="left")
SIZES = [POSITIVE, "array-like"]


def as_sizes(name, sizes):
    """Return parameter `name`, an integer or a sequence of them, as one per layer."""
    layers = [sizes] if isinstance(sizes, Integral) else list(sizes)
    if not layers or not all(map(POSITIVE.is_satisfied_by, layers)):
        raise ValueError(
            f"{name}={sizes!r} must be a positive integer, or one for each layer."
        )
    return [int(size) for size in layers]


def _keep(mask, *arrays):
    """Return the rows in `mask` of all `arrays`, as views where they are a run."""
    rows = np.flatnonzero(mask)
    first, last = rows[0], rows[-1]
    if last - first + 1 == len(rows):
        return [array[first : last + 1] for array in arrays]
    return [array[rows] for array in arrays]


@dataclass_transform(kw_only_default=True)
@dataclass(kw_only=True, eq=False, repr=False)
class NetworkEstimator(BaseEstimator):
    """A Keras network behind the scikit-learn contract.

    An architecture is a subclass that lists its parameters as fields, with what is
    allowed in `_parameter_constraints`, and that implements `_hidden`: the network
    between windows and output layer. Every subclass is made a dataclass, and inherits
    the fields and constraints of its bases.
    """

    epochs: int = 100
    batch_size: int = 64
    optimizer: Any = "adam"
    learning_rate: float | Callable | None = None
    early_stopping: bool = False
    validation_fraction: float = 0.1
    patience: int = 10
    shuffle: bool = True
    dropout: float = 0.0
    callbacks: Any = None
    standardize: bool = True
    window_norm: str | None = None
    n_channels: int | None = None
    jit_compile: str | bool = "auto"
    warm_start: bool = False
    random_state: Any = None
    verbose: int = 0

    _parameter_constraints = {
        "epochs": [POSITIVE],
        "batch_size": [POSITIVE],
        "optimizer": [str, HasMethods("get_config")],
        "learning_rate": [
            Interval(Real, 0, None, closed="neither"),
            HasMethods("get_config"),
            None,
        ],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [POSITIVE],
        "shuffle": ["boolean"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "standardize": ["boolean"],
        "window_norm": [StrOptions({"last", "standard"}), None],
        "n_channels": [POSITIVE, None],
        "jit_compile": [StrOptions({"auto"}), "boolean"],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        constraints: dict[str, list] = {}
        for base in reversed(cls.__mro__):
            constraints |= vars(base).get("_parameter_constraints", {})
        cls._parameter_constraints = constraints
        dataclass(kw_only=True, eq=False, repr=False)(cls)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags

    def __getstate__(self):
        state = super().__getstate__()
        if "model_" in state:
            network = state["model_"]
            state = state | {"model_": (network.to_json(), network.get_weights())}
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "model_" in state:
            from ._program import keras  # which quiets TensorFlow first

            architecture, weights = state["model_"]
            functions = filter(inspect.isfunction, self.get_params().values())
            self.model_ = keras.models.model_from_json(
                architecture, custom_objects={f.__name__: f for f in functions}
            )
            self.model_.set_weights(weights)

    def _hidden(self, layers, windows):
        """Return what the output layer reads: Keras `layers` applied to `windows`."""
        raise NotImplementedError

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, timesteps), \
                (n_samples, timesteps * channels) or (n_samples, timesteps, channels)
            Windows, oldest timestep first and all channels of a timestep together.
            Columns are put in that order if all are named as lags, and, without such
            names, if they show in all rows that they are lags of y, newest first, as
            some libraries hand them over (at least 32 rows are needed). NaN is allowed:
            rows whose first timestep is NaN in every channel reach back to before the
            series and are left out of training; NaN elsewhere becomes the channel's
            mean (0 with ``standardize=False``), with one more channel that marks it.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What follows each window.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. A weight of 2 equals having the row twice while one
            batch holds all rows; with more batches it does so in expectation only.

        Returns
        -------
        self : object
            The fitted estimator. A call that fails leaves it as it was.

        Raises
        ------
        ValueError
            If an input is not as described, or the loss stops being a number.
        """
        continuing = self.warm_start and hasattr(self, "model_")
        return self._fit(X, y, sample_weight, epochs=self.epochs, continuing=continuing)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train for one epoch, from where the last call ended.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As in `fit`. The first call decides the shapes and the standardisation.

        Returns
        -------
        self : object
            The fitted estimator. A call that fails leaves it as it was.
        """
        continuing = hasattr(self, "model_")
        return self._fit(X, y, sample_weight, epochs=None, continuing=continuing)

    def _fit(self, X, y, sample_weight, *, epochs, continuing, classes=None):
        # Everything is learned by a second object, so that a call that fails or is
        # interrupted leaves this one as it was.
        new = object.__new__(type(self))
        for name, value in vars(self).items():
            if continuing or not name.endswith("_"):
                setattr(new, name, value)
        if classes is not None:
            new.classes_ = classes
        new._learn(X, y, sample_weight, epochs, continuing)
        self.__dict__ = new.__dict__
        return self

    def _learn(self, X, y, sample_weight, epochs, continuing):
        self._check_unchanged(continuing)
        x, y = self._validate(X, y, reset=not continuing)
        weight = check_sample_weight(
            sample_weight, x, dtype=x.dtype, ensure_non_negative=True
        )
        if not weight.any():
            raise ValueError("sample_weight must not be zero for all rows.")
        weight = self._weigh_classes(y, weight)
        begun = ~np.isnan(x[:, 0]).all(axis=1)
        if not (begun & (weight > 0)).any():
            raise ValueError(
                f"X holds no whole window of {x.shape[1]} timesteps: the first timestep"
                " of every row that has a weight is NaN in every channel. Use a shorter"
                " window or more rows."
            )
        x, y, weight = _keep(begun & (weight > 0), x, y, weight)
        held_out = None
        if self.early_stopping and epochs is not None:
            is_held_out = self._held_out(y)
            held_out = _keep(is_held_out, x, y, weight)
            x, y, weight = _keep(~is_held_out, x, y, weight)
        if not continuing:
            self._fit_scaler(x, y, weight)
        scaler = self._scaler_
        rows = scaler.transform(x), scaler.transform_targets(y, x), weight
        if held_out is not None:
            x, y, weight = held_out
            held_out = scaler.transform(x), scaler.transform_targets(y, x), weight

        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=2)
        if continuing:  # otherwise an int would bring the same orders and masks again
            seeds = (seeds + self.n_epochs_) % (2**31 - 1)
        network = self._build(rows[0].shape[1:], int(seeds[0]), str(rows[0].dtype))
        if continuing:
            self._hand_over_weights(network)
        losses = self._train(network, rows, held_out, epochs or 1, int(seeds[1]))
        self.model_ = network
        self._append_history(losses, continuing)

    def _check_unchanged(self, continuing):
        """Refuse to go on with a standardisation that parameters no longer ask for."""
        names = ["standardize", "window_norm", "n_channels"]
        names += [n for n in ("n_targets", "target_channels") if hasattr(self, n)]
        if not continuing:
            self._first_ = {name: getattr(self, name) for name in names}
        for name, first in self._first_.items():
            if not np.array_equal(first, getattr(self, name)):
                raise ValueError(
                    f"{name}={getattr(self, name)!r}, but the first call, which this "
                    f"one goes on from, had {name}={first!r}: set it back, or "
                    "warm_start=False to begin anew."
                )

    def _hand_over_weights(self, network):
        weights = self.model_.get_weights()
        if [w.shape for w in weights] != [w.shape for w in network.get_weights()]:
            raise ValueError(
                "The parameters ask for another network than that of the last call, "
                "whose weights this call was to go on with: set them back, or "
                "warm_start=False to begin anew."
            )
        network.set_weights(weights)

    def _append_history(self, losses, continuing):
        """Add the losses of a call; NaN where a call had no validation loss."""
        earlier = self.history_ if continuing else {}
        n_earlier, n_new = len(earlier.get("loss", [])), len(losses["loss"])
        self.history_: dict[str, list[float]] = {
            name: earlier.get(name, [np.nan] * n_earlier)
            + losses.get(name, [np.nan] * n_new)
            for name in earlier | losses
        }
        self.n_epochs_ = n_earlier + n_new

    def _train(self, network, rows, held_out, epochs, seed):
        """Have scikeras train `network`; return the losses of each epoch."""
        from scikeras.wrappers import BaseWrapper

        from ._training import keras, trainable

        callbacks = [] if self.callbacks is None else self.callbacks
        if not isinstance(callbacks, (list, tuple)):
            callbacks = [callbacks]
        for callback in callbacks:
            if not isinstance(callback, keras.callbacks.Callback):
                raise TypeError(
                    f"callbacks must be Keras callbacks, but {callback!r} is not one."
                )
        model = trainable(
            network,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            loss=self.loss,
            jit_compile=self.jit_compile,
        )
        wrapper = BaseWrapper(
            model,
            epochs=epochs,
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            callbacks=copy.deepcopy(list(callbacks)),
            verbose=self.verbose,
        )
        # Another optimizer knows nothing of the state of the last call's.
        config = model.optimizer.get_config()
        kind = (
            type(model.optimizer).__name__,
            {
                name: config[name]
                for name in config
                if name not in ("name", "learning_rate")
            },
        )
        last_kind, state = getattr(self, "_optimizer_state_", (None, None))
        inputs, targets, weight = rows
        wrapper.fit(
            inputs,
            targets,
            row_weight=weight,
            validation_data=held_out,
            patience=self.patience if held_out else None,
            seed=seed,
            optimizer_state=state if kind == last_kind else None,
        )
        self._optimizer_state_ = kind, list(model.optimizer_state)
        return dict(wrapper.history_)

    def _drop(self, layers, x):
        """Return `x` with `dropout` applied, if any."""
        return layers.Dropout(self.dropout)(x) if self.dropout else x

    def _build(self, shape, seed, dtype):
        """Return a plain Keras network for windows of `shape`."""
        from ._program import keras

        layers = SeededLayers(seed, dtype)
        windows = keras.Input(shape, dtype=dtype, name="windows")
        outputs = self._output(layers, self._hidden(layers, windows))
        return keras.Model(windows, outputs, name=type(self).__name__.lower())

    def _held_out(self, targets):
        """Return which rows to validate on: the last ones, of each class."""
        classes = self._class_of(targets)
        held_out = np.zeros(len(targets), bool)
        for rows in (np.flatnonzero(classes == c) for c in np.unique(classes)):
            n = max(1, round(self.validation_fraction * len(rows)))
            held_out[rows[len(rows) - min(n, len(rows) - 1) :]] = True
        if not held_out.any():
            raise ValueError(
                f"early_stopping=True holds out validation_fraction="
                f"{self.validation_fraction} of the rows, but there are only "
                f"{len(targets)}: give more rows, or set early_stopping=False."
            )
        return held_out

    def _predict_network(self, x):
        from ._program import predict

        x = self._scaler_.transform(x)
        return predict(self.model_, x, xla=self.jit_compile is not False)

    def _validate(self, X, y="no_validation", *, reset):
        """Return windows (n_rows, timesteps, channels), oldest timestep first.

        And the targets of the network (n_rows, n_outputs), if `y` is given.
        """
        if isinstance(X, (list, tuple)) and np.ndim(X) == 3:
            X = np.asarray(X)
        shape: tuple[int, ...] = getattr(X, "shape", ())
        if len(shape) == 3:
            X = np.asarray(X).reshape(shape[0], shape[1] * shape[2])
        has_y = not (isinstance(y, str) and y == "no_validation")
        checked = validate_data(
            self,
            X,
            y,
            reset=reset,
            dtype=[np.float64, np.float32],
            # Windows that share memory are checked below, once and as a series.
            ensure_all_finite=False,
            **(self._target_options if has_y else {}),
        )
        X, y = checked if has_y else (checked, None)
        if reset:
            self._read_layout(X.shape[1], shape[2] if len(shape) == 3 else None)
        elif len(shape) == 3 and shape[2] != self.n_channels_:
            raise ValueError(
                f"X has {shape[2]} channels, but {type(self).__name__} was fitted with "
                f"{self.n_channels_}."
            )
        if self._columns_ is not None and len(shape) != 3:
            X = X[:, self._columns_]
        x = X.reshape(len(X), -1, self.n_channels_)
        series = overlapping_series(x)
        if reset and series is None:
            columns = self._read_rows(X, y, bool(self._channels_) or len(shape) == 3)
            if columns is not None:
                X = X[:, columns]
                x = X.reshape(x.shape)
                series = overlapping_series(x)
        assert_all_finite(
            X if series is None else series,
            allow_nan=True,
            estimator_name=type(self).__name__,
            input_name="X",
        )
        return (x, self._encode_targets(y, x.dtype, reset)) if has_y else x

    def _read_layout(self, n_features, third_dimension):
        """Find out how the columns of X are timesteps and channels."""
        names, columns = None, None
        if third_dimension is None and hasattr(self, "feature_names_in_"):
            names, columns = read_lags(self.feature_names_in_, self.n_channels)
        told = third_dimension or (names and len(names)) or self.n_channels or 1
        if self.n_channels not in (None, told):
            raise ValueError(
                f"n_channels={self.n_channels}, but X has {told}: leave n_channels at "
                "None to have them read from X."
            )
        if n_features % told:
            raise ValueError(
                f"n_channels={told} does not divide the {n_features} columns of X, "
                "which must hold all channels of each timestep."
            )
        is_in_order = columns is None or (columns == np.arange(n_features)).all()
        self.n_channels_, self._channels_ = told, names
        self._columns_ = None if is_in_order else columns

    def _read_rows(self, X, y, has_order):
        """Keep and return the order of columns, if rows show it; warn if misread."""
        n_channels = self.n_channels_
        columns, message = (None, None) if has_order else read_order(X, y, n_channels)
        if columns is None and message is None:
            is_told = has_order or self.n_channels is not None
            message = misread_channels(X, n_channels, is_told)
        if message:
            warnings.warn(message, stacklevel=7)  # the caller of fit
        if columns is not None:
            self._columns_ = columns
        return columns
