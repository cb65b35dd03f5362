"""The life cycle that all estimators share: validate, scale, build, train, predict."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, Self, dataclass_transform

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ._columns import check_columns, misread_channels, newest_first, read_layout
from ._docstrings import compose, read
from ._networks._layers import Layers, flat
from ._panel import panel_of
from ._raw import exportable, raw_network
from ._seeds import run_seeded
from ._sklearn import (
    BaseEstimator,
    CallbackSupportMixin,
    DocLinkMixin,
    HasMethods,
    Interval,
    StrOptions,
    check_sample_weight,
    fit_context,
)
from ._storage import packed, restore, stored, unpacked
from ._tasks import FitTask
from ._warn import warn
from ._windows import Windows, channels_ahead

INPUTS = "windows", "leads", "beside"  # of a network, in the order of its inputs
PREDICTED_AT_ONCE = 2**16
MOST_UPDATES = 10_000
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


def _listed(value):
    """Return a list of what may be one thing, or None."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _run_of(mask):
    """Return the rows in `mask`, as a slice where they are a run."""
    run = slice(mask.argmax(), len(mask) - mask[::-1].argmax())
    return run if mask[run].all() else mask


def _of_rows(rows, inputs, y, weight):
    """Return some rows of what the network is trained on, as views where they can."""
    windows, *others = inputs
    return [windows.of_rows(rows), *(x[rows] for x in others)], y[rows], weight[rows]


def _by_end(ends, rows):
    """Return `rows`, which increase, in the order in which their windows end."""
    if isinstance(ends, range) or (ends[1:] >= ends[:-1]).all():
        return rows
    rows = np.asarray(rows)
    return rows[ends[rows].argsort(kind="stable")]


def _of_each(series, rows):
    """Return the rows of each series, in the order that they have."""
    if series is None:
        return [rows]
    rows = np.asarray(rows)
    rows = rows[series[rows].argsort(kind="stable")]
    return np.split(rows, np.flatnonzero(np.diff(series[rows])) + 1)


def _averaged(networks):
    """Return one network whose outputs are the mean of those of all."""
    from ._engine import keras

    first, *others = networks
    if not others:
        return exportable(first)
    for i, network in enumerate(networks):
        network.name = f"network_{i}"
    dtype = first.outputs[0].dtype
    mean = keras.layers.Average(name="average", dtype=dtype)
    outputs = mean([network(first.input) for network in networks])
    return exportable(keras.Model(first.input, outputs, name=type(first).__name__))


def _members(network, count):
    """Return the networks that `_averaged` made one of."""
    if count == 1:
        return [network]
    return [network.get_layer(f"network_{i}") for i in range(count)]


def _differ(names, others):
    """Tell whether two lists of names are known and not the same."""
    return bool(names) and bool(others) and list(names) != list(others)


def _left_out(windows, is_told):
    """Return which rows reach back to before a series, or hold no value.

    Where a transformer or names tell that rows are windows of a series, those reach
    back whose first timestep is NaN. Others are sequences, shorter where NaN is in
    front.
    """
    is_late = np.isnan(windows.timestep(0)).all(axis=1)
    if is_told or not is_late.any():
        return is_late
    rows = np.flatnonzero(is_late)
    is_late[rows] = np.isnan(windows[rows].gather()).all(axis=(1, 2))
    return is_late


def _own_first(cls):
    """Return the signature of a dataclass: own parameters before those of its bases."""
    signature = inspect.signature(cls.__init__)
    parameters = dict(signature.parameters)
    own = [n for base in cls.__mro__ for n in vars(base).get("_own_", ())]
    names = ["self", *(name for name in dict.fromkeys(own) if name in parameters)]
    return signature.replace(parameters=[parameters[name] for name in names])


def _take_nearest(cls):
    """Give a class of several bases the default of a field that is nearest to it.

    A dataclass takes that of its first base, though it may have it from further away.
    """
    for base in reversed(cls.__mro__[1:]):
        for name in vars(base).get("_own_", ()):
            if name not in cls._own_:
                cls.__annotations__[name] = base.__annotations__[name]
                setattr(cls, name, vars(base)[name])


@dataclass_transform(kw_only_default=True)
@dataclass(kw_only=True, eq=False, repr=False)
class NetworkEstimator(CallbackSupportMixin, DocLinkMixin, BaseEstimator):
    """A Keras network behind the scikit-learn contract.

    Parameters
    ----------
    epochs : int or "auto"
        Passes over the training rows. "auto" makes 100, but no more than 10,000 steps
        of the optimizer: large data needs fewer.
    batch_size : int
        Rows per step of the optimizer.
    optimizer : str, class or keras.optimizers.Optimizer
        Keras optimizer. An object is copied, never changed.
    learning_rate : float, keras.optimizers.schedules.LearningRateSchedule or "auto"
        Learning rate. None takes that of `optimizer`. "auto", for an optimizer that is
        given by its name, begins with three times its own rate, and falls in a line to
        zero.
    early_stopping : bool or "auto"
        Whether to hold out the last `validation_fraction` of the rows, of each series
        and of each class in a classifier, stop when their loss has not got better for
        `patience` epochs, and keep the weights of the best epoch. The rows before
        them whose targets reach into them, one less than steps, are left out. "auto"
        does so unless one batch holds all rows, and then trains for a tenth of the
        epochs more on all rows, by which it also standardises. `fit` takes other rows
        as X_val and y_val.
    validation_fraction : float
        Fraction of the rows that `early_stopping` holds out.
    patience : int
        Epochs that `early_stopping` waits for something better.
    shuffle : bool
        Whether to train on the rows in a new order in each epoch. The order of
        timesteps inside a window never changes.
    dropout : float or "auto"
        Fraction of the outputs of each hidden layer that training sets to zero. "auto"
        takes 0.1, but 0 while one batch holds all rows, so that weights equal
        repetition.
    metrics : str, callable, keras.metrics.Metric or list of them
        Keras metrics that `history_` and callbacks get beside the loss. They see
        standardised targets and weigh rows, as the loss does.
    callbacks : keras.callbacks.Callback or list of them
        Keras callbacks, which see each epoch. They keep what they recorded; after the
        fit they hold no network.
    standardize : bool
        Whether to train on channels, and in a regressor targets, of mean 0 and standard
        deviation 1. Predictions are in units of y either way.
    window_norm : {None, "auto", "last", "level", "standard"}
        What each window is made relative to, so that levels never met in training are
        no problem: "last" takes off each channel's last value [NLinear]_, "level" does
        so and divides by the mean of the window's absolute values, "standard" takes off
        the window's mean, divided by its standard deviation [RevIN]_. Predictions of
        numbers get back what was taken off. A regressor makes only the channels
        relative that its targets continue, and reads what was taken off them beside the
        window. "auto" is "last" where such channels are known, else None.
    n_networks : int
        Networks to train from different seeds, whose outputs are averaged.
    precision : {"auto", "float32", "float64"}
        Of the network. "auto" is that of X, but single, which is twice as fast, where X
        is in double precision and more than one batch holds it: values are standardised
        in double precision before. Without `standardize`, it is that of X.
    n_channels : int
        Channels in a two-dimensional array. None takes one. The windows of a
        :class:`SlidingWindowTransformer`, column names such as ``births_lag2`` and a
        three-dimensional X tell by themselves.
    jit_compile : {"auto", True, False}
        Whether XLA compiles the training program. It trains faster but takes seconds
        to compile; "auto" weighs the two by the work ahead. Predictions are compiled
        by XLA unless it is False, which takes up to a second when they are first made.
    warm_start : bool
        Whether `fit` goes on from where the last call ended, with its standardisation.
    random_state : int, RandomState instance or None
        Rules initial weights, order of rows and dropout. Pass an int for the same
        result on every call.
    verbose : int
        1 shows a line of progress.

    Attributes
    ----------
    model_ : keras.Model
        The trained network, a plain Keras model. It reads scaled windows of shape
        (n_rows, timesteps, channels), leads of shape (n_rows, steps, columns) if
        anything is known ahead, and what else stands beside the windows, if anything
        does, of shape (n_rows, columns), and predicts scaled targets or the
        probabilities of the classes.
    history_ : dict of str to list of float
        Losses of each epoch, "loss" and, with rows to validate on, "val_loss", and
        `metrics` by their names. They are those of the first of several networks.
    n_epochs_ : int
        Epochs trained.
    best_epoch_ : int or None
        The epoch, counted from 1, whose weights `early_stopping` kept, or 0 if these
        are those that the last call started with; of several networks, that of the
        first. None if no rows decided it.
    n_channels_ : int
        Channels of a window.
    n_features_in_ : int
        Columns of X: timesteps times channels, and what stands beside the windows.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if all are strings.

    References
    ----------
    .. [NLinear] Zeng et al. (2023). Are Transformers Effective for Time Series
       Forecasting? AAAI.
    .. [RevIN] Kim et al. (2022). Reversible Instance Normalization for Accurate
       Time-Series Forecasting against Distribution Shift. ICLR.
    """

    # An architecture is a subclass that lists its parameters as fields, with what is
    # allowed in `_parameter_constraints`, and that implements `hidden`: the network
    # between windows and output layer. Every subclass is made a dataclass, inherits the
    # fields and constraints of its bases, and describes no parameters but its own.
    _docstring_ = read(__doc__)

    epochs: int | str = 100
    batch_size: int = 64
    optimizer: Any = "adam"
    learning_rate: float | str | Callable | None = None
    early_stopping: bool | str = False
    validation_fraction: float = 0.1
    patience: int = 10
    shuffle: bool = True
    dropout: float | str = 0.0
    metrics: Any = None
    callbacks: Any = None
    standardize: bool = True
    window_norm: str | None = None
    n_networks: int = 1
    precision: str = "auto"
    n_channels: int | None = None
    jit_compile: str | bool = "auto"
    warm_start: bool = False
    random_state: Any = None
    verbose: int = 0

    _own_ = list(__annotations__)

    _parameter_constraints = {
        "epochs": [POSITIVE, StrOptions({"auto"})],
        "batch_size": [POSITIVE],
        "optimizer": [str, HasMethods("get_config")],
        "learning_rate": [
            Interval(Real, 0, None, closed="neither"),
            HasMethods("get_config"),
            StrOptions({"auto"}),
            None,
        ],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [POSITIVE],
        "shuffle": ["boolean"],
        "dropout": [Interval(Real, 0, 1, closed="left"), StrOptions({"auto"})],
        "standardize": ["boolean"],
        "window_norm": [StrOptions({"auto", "last", "level", "standard"}), None],
        "n_networks": [POSITIVE],
        "precision": [StrOptions({"auto", "float32", "float64"})],
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
        own_docstring, cls._own_ = cls.__doc__, list(inspect.get_annotations(cls))
        if len(cls.__bases__) > 1:
            _take_nearest(cls)
        made: Any = dataclass(kw_only=True, eq=False, repr=False)(cls)
        made.__init__.__signature__ = _own_first(cls)
        cls.__doc__ = compose(cls, own_docstring)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags

    def __getstate__(self):
        from . import __version__

        state = super().__getstate__()
        names = {*self.get_params(deep=False), "_parameters_"} & state.keys()
        kept = {name: packed(state[name]) for name in names}
        if "model_" in state:
            kept |= {"model_": stored(self.model_), "_version": __version__}
        return state | kept

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop("_version", None)
        for name in (*self._get_param_names(), "_parameters_"):
            if name in state:
                state[name] = unpacked(state[name])
        super().__setstate__(state)
        if "model_" in state:
            of_fit = self._with(state["_parameters_"])
            network = of_fit._rebuild(state["model_"].inputs)
            name = type(self).__name__
            self.model_ = restore(network, state["model_"], name, version)

    def _rebuild(self, inputs):
        """Return a network such as `fit` made, whose weights are of no matter."""
        return _averaged([self._build(inputs, 0) for _ in range(self.n_networks)])

    def __sklearn_clone__(self):
        plain = self._with(packed(self.get_params(deep=False)))
        made = super(NetworkEstimator, plain).__sklearn_clone__()
        return made._with(unpacked(made.get_params(deep=False)))

    def _with(self, parameters):
        """Return an estimator like this one, but with these parameters."""
        other = object.__new__(type(self))
        other.__dict__ = vars(self) | parameters
        return other

    def hidden(self, layers, windows):
        """Return what the output layer reads: Keras `layers` applied to `windows`.

        A parameter `beside` gets what stands beside the windows, None if nothing does;
        without one, that is put beside what this returns.
        """
        raise NotImplementedError

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, timesteps), \
                (n_samples, timesteps * channels) or (n_samples, timesteps, channels)
            Windows, oldest timestep first and all channels of a timestep together. What
            comes from a :class:`SlidingWindowTransformer` tells how it is to be read.
            In a frame, columns that are named as lags are put in that order, those that
            are named as leads, such as ``load_lead1``, are read as a block, and others
            among them are read beside the window. NaN is allowed, and so are shorter
            sequences, with NaN in front or behind: it becomes the channel's mean (0
            with ``standardize=False``), with one more channel that marks it. Windows of
            a series whose first timestep is NaN in every channel reach back to before
            it and are left out of training.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What follows each window. In a regressor, NaN is what is not known: training
            leaves it out, and rows without any target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. A weight of 2 equals having the row twice while one
            batch holds all rows; with more batches it does so in expectation only.
        X_val, y_val, sample_weight_val : array-like, default=None
            Rows to validate on, as X, y and sample_weight are. Their loss is in
            `history_`, and rules `early_stopping` instead of that of rows of X, unless
            it is False; they widen `quantiles` that are too narrow. In a pipeline,
            ``transform_input=["X_val"]`` makes windows of them.

        Returns
        -------
        self : object
            The fitted estimator. A call that fails leaves it as it was.

        Raises
        ------
        ValueError
            If an input is not as described, or the loss stops being a number.
        """
        validation = X_val, y_val, sample_weight_val
        is_given = [part is not None for part in validation]
        if any(is_given) and not all(is_given[:2]):
            raise ValueError(
                "X_val and y_val belong together, and sample_weight_val to them: give "
                "both, or none."
            )
        return self._fit(
            X,
            y,
            sample_weight,
            epochs=self.epochs,
            continuing=self.warm_start and hasattr(self, "model_"),
            validation=validation if any(is_given) else None,
        )

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

    def _fit(self, *rows, epochs, continuing, validation=None, classes=None):
        # Everything is learned by a second object, so that a call that fails or is
        # interrupted leaves this one as it was.
        task = None if epochs is None else FitTask(self, *rows)
        new: Any = object.__new__(type(self))
        for name, value in vars(self).items():
            if continuing or not name.endswith("_"):
                setattr(new, name, value)
        if classes is not None:
            new.classes_ = classes
        new._learn(rows, validation, epochs, continuing, task)
        contexts = {name: v for name, v in vars(self).items() if "_callback" in name}
        self.__dict__ = new.__dict__ | contexts  # of scikit-learn, for the end of a fit
        if task:
            task.end()
        return self

    def _learn(self, rows, validation, epochs, continuing, task):
        self._check_unchanged(continuing)
        rows = self._known_rows(*rows, reset=not continuing)
        if validation is not None:
            try:
                validation = self._known_rows(*validation, reset=False)
            except ValueError as error:
                raise ValueError(f"Of X_val and y_val: {error}") from None
        n_epochs, parts, patience = self._plan(rows, validation, epochs, continuing)
        if not continuing:
            ends_on = parts[2 if len(parts) == 3 else 0]
            self._fit_scaler(*(array[ends_on] for array in rows))
        rows = self._scaled(*rows)
        sets = [_of_rows(part, *rows) for part in parts]
        if validation is not None:
            sets.append(self._scaled(*validation))
        seeds = check_random_state(self.random_state)
        seeds = seeds.randint(2**31 - 1, size=(self.n_networks, 2))
        if continuing:  # otherwise an int would bring the same orders and masks again
            seeds = (seeds + self.n_epochs_) % (2**31 - 1)
        networks = [self._build(sets[0][0], int(seed)) for seed, _ in seeds]
        if continuing:
            self._hand_over_weights(networks)
        starts_well = not continuing and self._start(networks, *sets[0])
        falls = epochs is not None and self.learning_rate == "auto"
        falls = falls and isinstance(self.optimizer, str)
        if task:
            # With early_stopping="auto", a tenth of the epochs more.
            n_most = n_epochs + (-(-n_epochs // 10) if len(sets) == 3 else 0)
            task.begin(n_most * len(networks))
        held_out: Any = sets[1] if self._calibrates() and len(sets) > 1 else None
        predicted: list[np.ndarray] = []

        def look(network):  # before it is trained on these rows, too
            predicted.append(self._run(network, held_out[0]))

        no_states = [None] * len(networks)
        states = getattr(self, "_optimizer_states_", no_states)
        trained = [
            self._train(
                network,
                sets,
                epochs=n_epochs,
                patience=patience,
                seed=int(seed),
                falls=falls,
                starts_well=starts_well,
                last=state,
                watchers=self._watchers(task, networks[: i + 1]),
                on_held_out=functools.partial(look, network) if held_out else None,
            )
            for i, (network, (_, seed), state) in enumerate(
                zip(networks, seeds, states)
            )
        ]
        histories, best_epochs, self._optimizer_states_ = zip(*trained)
        if held_out is not None:
            self._calibrate(networks, np.mean(predicted, axis=0), *held_out[1:])
        self.model_ = _averaged(networks)
        self._parameters_ = {
            name: copy.copy(v) if isinstance(v, (dict, list)) else v
            for name, v in self.get_params(deep=False).items()
        }
        self._append_history(histories[0], best_epochs[0], continuing)

    def _scaled(self, windows, y, weight):
        """Return what the network is trained on."""
        scaler, dtype = self._scaler_, self._precision_
        targets = scaler.transform_targets(y, windows, dtype)
        inputs = scaler.transform(windows, dtype)
        return inputs, targets, weight.astype(dtype, copy=False)

    def _plan(self, rows, validation, epochs, continuing):
        """Return epochs, which rows to train, validate and end on, and patience."""
        windows, y, weight = rows
        n_rows = max(len(y), weight.sum(dtype=np.float64))  # as if repeated
        n_batches = -(-n_rows // self.batch_size)
        self._dropout_ = self.dropout
        if self.dropout == "auto":
            self._dropout_ = 0.1 if n_batches > 1 else 0.0
        if not continuing:
            self._dtype_ = auto = windows.dtype.name
            if self.standardize and n_batches > 1:
                auto = "float32"
            self._precision_ = auto if self.precision == "auto" else self.precision
        if epochs == "auto":
            epochs = max(1, min(100, int(MOST_UPDATES // n_batches)))
        stops = self.early_stopping
        every = slice(None)
        if epochs is None:
            return 1, [every], None
        if validation is not None:
            return epochs, [every], int(self.patience) if stops else None
        if not stops or stops == "auto" and n_batches == 1:
            return epochs, [every], None
        parts = [_run_of(mask) for mask in self._split(windows, y)]
        if stops == "auto":
            parts.append(every)
        return epochs, parts, int(self.patience)

    def _start(self, networks, inputs, y, weight):
        """Give new networks weights that are good to start from; tell whether so."""
        return False

    def _calibrates(self):
        """Tell whether held-out rows move what networks predict, by `_calibrate`."""
        return False

    def _known_rows(self, X, y, sample_weight, *, reset):
        """Return windows, targets and weights of the rows that have a weight."""
        windows, y = self._validate(X, y, reset=reset)
        if sample_weight is None:
            weight = np.broadcast_to(np.ones((), windows.dtype), len(windows))
        else:
            weight = check_sample_weight(
                sample_weight, windows, dtype=windows.dtype, ensure_non_negative=True
            )
        if not weight.any():  # version 1.6 of scikit-learn lets that pass
            raise ValueError("sample_weight must not be zero for all rows.")
        weight = self._weigh_classes(y, weight)
        has_weight = weight > 0
        is_told = isinstance(X, Windows) or bool(self._channels_)
        left_out = _left_out(windows, is_told) & has_weight
        kept = has_weight & ~left_out
        if not kept.any():
            raise ValueError(
                f"X holds no whole window of {windows.timesteps} timesteps: the first "
                "timestep of every row that has a weight is NaN in every channel. Use a"
                " shorter window or more rows."
                if is_told
                else "X is NaN throughout, in every row that has a weight: give rows "
                "that hold values."
            )
        if left_out.any() and not is_told:
            warn(
                f"{left_out.sum()} of {has_weight.sum()} rows are left out, since they "
                "are NaN throughout: leave them out of X and y."
            )
        missing = np.isnan(y)
        kept &= ~missing.all(axis=1)
        missing |= ~kept[:, np.newaxis]
        if reset and (unknown := np.flatnonzero(missing.all(axis=0))).size:
            raise ValueError(
                f"y is NaN in all rows to train on, in columns {unknown.tolist()}: "
                "leave them out, or give targets to learn."
            )
        kept = _run_of(kept)
        return windows[kept], y[kept], weight[kept]

    def _check_unchanged(self, continuing):
        """Refuse to go on where what the first call decided is no longer asked for."""
        names = ["standardize", "window_norm", "precision", "n_channels"]
        of_regressors = "n_targets", "target_channels", "quantiles"
        names += [name for name in of_regressors if hasattr(self, name)]
        if not continuing:
            self._first_ = {name: getattr(self, name) for name in names}
        for name, first in self._first_.items():
            if continuing and not np.array_equal(first, getattr(self, name)):
                raise ValueError(
                    f"{name}={getattr(self, name)!r}, but the first call, which this "
                    f"one goes on from, had {name}={first!r}: set it back, or "
                    "warm_start=False to begin anew."
                )

    def _hand_over_weights(self, networks):
        last = _members(self.model_, self._parameters_["n_networks"])
        shapes = [
            [[w.shape for w in network.get_weights()] for network in of_call]
            for of_call in (last, networks)
        ]
        if shapes[0] != shapes[1]:
            raise ValueError(
                "The parameters ask for another network than that of the last call, "
                "whose weights this call was to go on with: set them back, or "
                "warm_start=False to begin anew."
            )
        for network, trained in zip(networks, last):
            network.set_weights(trained.get_weights())

    def _append_history(self, losses, best_epoch, continuing):
        """Add the epochs of a call: NaN where it had no validation loss."""
        earlier = self.history_ if continuing else {}
        n_earlier, n_new = len(earlier.get("loss", [])), len(losses["loss"])
        self.history_: dict[str, list[float]] = {
            name: earlier.get(name, [np.nan] * n_earlier)
            + losses.get(name, [np.nan] * n_new)
            for name in earlier | losses
        }
        self.n_epochs_ = n_earlier + n_new
        self.best_epoch_ = best_epoch and n_earlier + best_epoch

    def _watchers(self, task, networks):
        """Return what tells scikit-learn's callbacks of epochs of the last network."""

        def attributes():
            copies = []
            for network in networks:
                copies.append(self._build(network.inputs, 0))
                copies[-1].set_weights(network.get_weights())
            fitted = {name: v for name, v in vars(self).items() if name.endswith("_")}
            return fitted | {"model_": _averaged(copies)}

        return task.of_epochs(attributes) if task else []

    def _train(self, network, sets, *, epochs, last, watchers, **options):
        """Have scikeras train `network`; return its losses, best epoch and optimizer.

        `last` is the state that the last call left to the same network, if any did.
        """
        from scikeras.wrappers import BaseWrapper

        from ._engine import keras
        from ._training import trainable

        callbacks = _listed(self.callbacks)
        for callback in callbacks:
            if not isinstance(callback, keras.callbacks.Callback):
                raise TypeError(
                    f"callbacks must be Keras callbacks, but {callback!r} is not one."
                )
        has_gaps = any(np.isnan(y).any() for _, y, _ in sets)
        if has_gaps and self.metrics is not None:
            raise ValueError(
                f"metrics={self.metrics!r} cannot be watched where y is NaN in some of "
                "its columns: leave metrics at None, or these rows out."
            )
        model = trainable(
            network,
            has_gaps=has_gaps,
            optimizer=self.optimizer,
            learning_rate=None if self.learning_rate == "auto" else self.learning_rate,
            loss=self._trained_loss,
            metrics=[self._metric(metric) for metric in _listed(self.metrics)],
            jit_compile=self.jit_compile,
        )
        if options["falls"]:
            model.optimizer.learning_rate = 3 * model.optimizer.learning_rate
        wrapper = BaseWrapper(
            model,
            epochs=epochs,
            batch_size=int(self.batch_size),
            shuffle=self.shuffle,
            callbacks=callbacks + watchers,
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
        last_kind, state = last or (None, None)
        # scikeras would make arrays of what is gathered batch by batch.
        stand_in = np.full((1, 1), 0.5)
        try:
            wrapper.fit(
                stand_in,
                stand_in,
                rows=sets,
                optimizer_state=state if kind == last_kind else None,
                **options,
            )
        finally:  # so that callbacks are copied and stored without the network
            for callback in callbacks:
                keras.callbacks.Callback.set_model(callback, None)
        optimizer = kind, dict(model.optimizer_state)
        return model.history.history, model.best_epoch, optimizer

    @property
    def _trained_loss(self):
        return self.loss

    def _metric(self, metric):
        return metric

    def _drop(self, layers, x):
        """Return `x` with `dropout` applied, if any."""
        return layers.Dropout(self._dropout_)(x) if self._dropout_ else x

    def _build(self, inputs, seed):
        """Return a plain Keras network that reads rows of `inputs`."""
        from ._engine import keras  # which quiets TensorFlow first

        dtype = str(inputs[0].dtype)
        names = [name for name in INPUTS if name != "leads" or self._n_leads_]
        shapes = [x.shape[1:] for x in inputs]

        def build():
            layers = Layers()
            # Layers among the parameters are copied, so that no other fit trains them.
            maker = self._with(unpacked(packed(self.get_params(deep=False))))
            tensors = {
                name: keras.Input(shape, dtype=dtype, name=name)
                for name, shape in zip(names, shapes)
            }
            hidden = maker._hidden(layers, tensors)
            name = type(self).__name__.lower()
            inputs = list(tensors.values())
            outputs = maker._output(layers, hidden, inputs)
            return keras.Model(
                inputs if len(inputs) > 1 else inputs[0], outputs, name=name
            )

        return run_seeded(build, seed, dtype)

    def _hidden(self, layers, tensors):
        """Return what the output layer reads: all tensors, those of `hidden` by it.

        What `hidden` does not read comes after it: beside its output, and with that in
        one more layer, since what is known ahead seldom adds to what is predicted in
        proportion.
        """
        names = inspect.signature(self._reader).parameters
        own = {name: tensors.get(name) for name in INPUTS[1:] if name in names}
        hidden = self._read(layers, tensors["windows"], **own)
        others = [tensors[name] for name in tensors if name not in ("windows", *own)]
        if not others:
            return hidden
        columns = flat(layers, *others)
        if len(hidden.shape) == 3:  # one output a step
            columns = layers.RepeatVector(hidden.shape[1])(columns)
        both = layers.Concatenate()([hidden, columns])
        together = layers.Dense(hidden.shape[-1], activation="relu")(both)
        return layers.Concatenate()([both, self._drop(layers, together)])

    def _read(self, layers, windows, **own):
        return self.hidden(layers, windows, **own)

    @property
    def _reader(self):
        """The function whose parameters are what the network reads by itself."""
        return self.hidden

    def to_keras(self) -> Any:
        """Return one plain Keras model, of raw values, that needs no skts.

        Returns
        -------
        model : keras.Model
            Reads windows of shape (n_rows, timesteps, channels), then leads, (n_rows,
            steps, columns), and what else stands beside the windows, (n_rows, columns),
            if `fit` had any, and predicts what `predict` does, or the probabilities of
            the classes, of shape (n_rows, n_outputs). All are of the precision of the X
            of `fit`. Standardisation, `window_norm` and missing values are part of it.
            With `quantiles` it predicts what `predict_quantiles` does.

        See Also
        --------
        model_ : The network alone, which reads scaled values.
        """
        check_is_fitted(self, "model_")
        n_own = self._n_beside_ - self._n_leads_
        timesteps = (self.n_features_in_ - self._n_beside_) // self.n_channels_
        inputs: dict[str, tuple] = {"windows": (timesteps, self.n_channels_)}
        if self._n_leads_:
            n_ahead = len(self._ahead_)
            inputs["leads"] = self._n_leads_ // n_ahead, n_ahead
        if n_own:
            inputs["beside"] = (n_own,)
        of_leads = channels_ahead(self._channels_, self._ahead_)
        return raw_network(
            self.model_,
            self._scaler_,
            inputs,
            of_leads,
            self._dtype_,
            len(getattr(self, "_levels_", ())),
        )

    def _split(self, windows, targets):
        """Return which rows to train on, and which to validate on.

        These are the last ones, of each class and series. Between them are rows whose
        targets would be seen in training: one less than the steps of a target, but no
        more than half of the others.
        """
        trained_on, held_out = np.ones(len(targets), bool), np.zeros(len(targets), bool)
        for rows in self._row_groups(targets):
            for own in _of_each(windows.series, _by_end(windows.ends, rows)):
                n = max(1, round(self.validation_fraction * len(own)))
                n_before = len(own) - min(n, len(own) - 1)
                n_trained_on = n_before - min(self._horizon - 1, n_before // 2)
                held_out[np.asarray(own[n_before:], int)] = True
                trained_on[np.asarray(own[n_trained_on:], int)] = False
        if not held_out.any():
            raise ValueError(
                f"early_stopping=True holds out validation_fraction="
                f"{self.validation_fraction} of the rows, but there are only "
                f"{len(targets)}: give more rows, or set early_stopping=False."
            )
        return trained_on, held_out

    def _predict_blocks(self, X):
        """Predict some rows at a time; yield their windows and the outputs."""
        windows = self._validate(X, reset=False)
        for start in range(0, len(windows), PREDICTED_AT_ONCE):
            rows = slice(start, start + PREDICTED_AT_ONCE)
            part = windows[rows].trimmed()
            inputs = self._scaler_.transform(part, self._precision_)
            yield part, self._run(self.model_, inputs)

    def _run(self, network, inputs):
        from ._program import predict

        return predict(network, inputs, self.jit_compile is not False)

    def _validate(self, X, y="no_validation", *, reset):
        """Return windows and, if `y` is given, targets (n_rows, n_outputs)."""
        if isinstance(X, (list, tuple)):
            try:
                n_dimensions = np.ndim(X)
            except ValueError as error:
                raise ValueError(
                    "X is a list of sequences of unequal length: fill shorter ones up "
                    "with NaN, in front or behind."
                ) from error
            X = np.asarray(X) if n_dimensions == 3 else X
        shape: tuple[int, ...] = getattr(X, "shape", ())
        table = X
        if isinstance(X, Windows):  # scikit-learn would make an array of them
            table = np.broadcast_to(np.zeros((), X.dtype), shape)
        elif len(shape) == 3:
            table = np.asarray(X).reshape(shape[0], shape[1] * shape[2])
        has_y = not (isinstance(y, str) and y == "no_validation")
        if len(shape) > 3:
            raise ValueError(
                f"X has shape {shape}, but {type(self).__name__} reads (rows, "
                "timesteps) or (rows, timesteps, channels): give "
                f"X.reshape({shape[0]}, -1, {shape[-1]})."
            )
        if not isinstance(X, Windows):
            check_columns(X, "X")
        if has_y and getattr(y, "ndim", 0) > 2:
            raise ValueError(
                f"y has shape {y.shape}, but must be (rows,) or (rows, steps * "
                "targets), all targets of the first step first: give "
                f"y.reshape({len(y)}, -1)."
            )
        gaps, told = self._without_gaps(y) if has_y else (None, y)
        checked = validate_data(
            self,
            table,
            told,
            reset=reset,
            dtype=[np.float64, np.float32],
            # Windows that share memory are checked below, once and as a series.
            ensure_all_finite=False,
            **(self._target_options if has_y else {}),
        )
        targets: Any = None
        table, targets = checked if has_y else (checked, None)
        if isinstance(X, Windows):
            windows = self._read_windows(X.trimmed(), reset)
        else:
            if not reset and self._channels_ and hasattr(X, "columns"):
                self._check_order(list(X.columns))
            n_channels = shape[2] if len(shape) == 3 else None
            windows = self._read_table(table, n_channels, targets, reset)
            panel = panel_of(X, "X", distinct=False) if has_y else None
            if panel is not None:
                windows = replace(windows, series=panel.codes)
        for values in (windows.values, windows.beside):
            if values is not None:
                assert_all_finite(
                    values,
                    allow_nan=True,
                    estimator_name=type(self).__name__,
                    input_name="X",
                )
        if not has_y:
            return windows
        columns = list(getattr(y, "columns", [getattr(y, "name", None)]))
        names = columns if all(isinstance(name, str) for name in columns) else None
        if reset:
            self._y_names_ = names
        elif len(columns) > 1 and _differ(names, self._y_names_):
            raise ValueError(
                f"y has the columns {names}, but {type(self).__name__} was fitted with "
                f"{self._y_names_}: give them in that order."
            )
        if gaps is not None:
            targets = np.where(gaps, np.nan, targets).astype(targets.dtype, copy=False)
        return windows, self._encode_targets(targets, reset)

    def _without_gaps(self, y):
        """Return where y is NaN, if it is and may be, and what can be validated."""
        return None, y

    def _read_windows(self, windows, reset):
        """Take windows as they say that they are, or check that they are as in fit."""
        own = windows.n_channels, windows.n_beside - windows.n_leads, windows.n_leads
        if reset:
            self._check_told(windows.n_channels)
            self.n_channels_, self._n_beside_ = windows.n_channels, windows.n_beside
            self._channels_, self._columns_ = windows.channels, None
            self._ahead_, self._n_leads_ = windows.ahead, windows.n_leads
            return windows
        fitted = self.n_channels_, self._n_beside_ - self._n_leads_, self._n_leads_
        if own != fitted:
            raise ValueError(
                "X has windows of {} channels with {} columns and {} leads beside them,"
                " but {} was fitted with {}, {} and {}.".format(
                    *own, type(self).__name__, *fitted
                )
            )
        if own[0] > 1 and _differ(windows.channels, self._channels_):
            raise ValueError(
                f"X has windows of the channels {windows.channels}, but "
                f"{type(self).__name__} was fitted with {self._channels_}: give the "
                "columns of the series in that order."
            )
        if _differ(windows.ahead, self._ahead_):
            raise ValueError(
                f"X has leads of {windows.ahead}, but {type(self).__name__} was fitted "
                f"with those of {self._ahead_}: give them in that order."
            )
        return windows

    def _read_table(self, X, third_dimension, y, reset):
        """Make windows of a table, whose third dimension may tell its channels."""
        if reset:
            self._read_layout(X.shape[1], third_dimension)
        elif third_dimension not in (None, self.n_channels_):
            raise ValueError(
                f"X has {third_dimension} channels, but {type(self).__name__} was "
                f"fitted with {self.n_channels_}."
            )
        elif third_dimension is not None and self._n_beside_:
            raise ValueError(
                f"X has three dimensions, in which nothing stands beside the windows, "
                f"but {type(self).__name__} was fitted with {self._n_beside_} columns "
                "beside them: give X in two, as in fit."
            )
        if self._columns_ is not None and third_dimension is None:
            X = X[:, self._columns_]
        if reset:
            has_order = bool(self._channels_) or third_dimension is not None
            message = None if has_order else newest_first(X, y, self.n_channels_)
            is_told = has_order or self.n_channels is not None
            lags = X[:, : X.shape[1] - self._n_beside_]
            message = message or misread_channels(lags, self.n_channels_, is_told)
            if message:
                warn(message)
        return Windows.of_table(
            X,
            self.n_channels_,
            self._n_beside_,
            channels=self._channels_,
            ahead=self._ahead_,
            n_leads=self._n_leads_,
        )

    def _check_order(self, names):
        """Check names that scikit-learn does not know, as windows had none in fit."""
        if hasattr(self, "feature_names_in_") or not all(
            isinstance(name, str) for name in names
        ):
            return
        layout = read_layout(names, self.n_channels_)
        in_order = (layout.columns == np.arange(len(names))).all()
        if (
            not in_order
            or _differ(layout.channels, self._channels_)
            or _differ(layout.ahead, self._ahead_)
        ):
            raise ValueError(
                f"X has the columns {names}, but {type(self).__name__} was fitted with "
                f"windows of {list(self._channels_)}, oldest timestep first: give X in "
                "that order."
            )

    def _check_told(self, n_channels):
        if self.n_channels not in (None, n_channels):
            raise ValueError(
                f"n_channels={self.n_channels}, but X has {n_channels}: leave "
                "n_channels at None to have them read from X."
            )

    def _read_layout(self, n_features, third_dimension):
        """Find out how the columns of a table are timesteps and channels."""
        names = getattr(self, "feature_names_in_", None)
        if third_dimension is not None or names is None:
            names = [""] * n_features
        layout = read_layout(names, self.n_channels)
        channels = layout.channels
        read = third_dimension or (channels and len(channels))
        if read:
            self._check_told(read)
        n_channels = read or self.n_channels or 1
        if layout.n_lags % n_channels:
            raise ValueError(
                f"n_channels={n_channels} does not divide the {layout.n_lags} columns "
                "of X, which must hold all channels of each timestep."
            )
        self.n_channels_, self._channels_ = n_channels, channels
        self._n_beside_ = n_features - layout.n_lags
        self._ahead_, self._n_leads_ = layout.ahead, layout.n_leads
        is_in_order = (layout.columns == np.arange(n_features)).all()
        self._columns_ = None if is_in_order else layout.columns
