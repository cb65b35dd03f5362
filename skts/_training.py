"""Training: Keras' `fit`, compiled where it can be.

`Trainable` is a Keras model that shares the layers of an estimator's plain network.
scikeras drives it through `Model.fit`, which trains by a compiled program. What cannot
be compiled is trained by Keras' own loop.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ._engine import keras
from ._optimizers import fresh_copy, give_state, has_constant_rate, state_of
from ._program import Rows, lend, sees_batches
from ._seeds import run_seeded


class Trainable(keras.Model):
    """A network with the training that scikit-learn's contract needs.

    After `fit`, `best_epoch` is the epoch, counted from 1, whose weights were kept, 0
    if they are those before training, and None if none was looked for.
    """

    best_epoch = None

    def fit(
        self,
        x,
        y,
        *,
        batch_size,
        epochs,
        initial_epoch=0,
        shuffle=True,
        verbose=0,
        callbacks=(),
        rows=None,
        seed=0,
        patience=None,
        falls=False,
        starts_well=False,
        optimizer_state=None,
        on_held_out=None,
        **keras_arguments,
    ):
        """Train as `keras.Model.fit` does; return its `History`.

        Parameters
        ----------
        x, y : array-like
            What scikeras takes for the rows; training reads `rows`.
        rows : list of one to three tuples of inputs, targets and weights
            To train and, if there are two, to validate on; a third is what a last tenth
            of the epochs, at a third of the learning rate, train on. Each is a list of
            what the network reads of each row, an ndarray of shape (n_rows, n_outputs),
            and one of shape (n_rows,) without zeros.
        seed : int
            Where the order of rows comes from.
        patience : int, default=None
            Stop when the validation loss did not get better for as many epochs, and
            take the weights of the best. None trains all epochs.
        falls : bool, default=False
            Whether the learning rate falls in a line to zero, unless a callback sets
            it.
        starts_well : bool, default=False
            Whether the weights before training are kept if no epoch's are better.
        optimizer_state : dict of ndarrays, default=None
            The `optimizer_state` that an earlier training left, to go on from.
        on_held_out : callable, default=None
            Called when the weights are those that were trained without the rows to
            validate on.

        Raises
        ------
        ValueError
            If the loss is no longer finite. The weights are then as before.
        """
        unknown = [name for name, value in keras_arguments.items() if np.any(value)]
        if unknown:
            raise TypeError(f"Trainable.fit has no parameters {unknown}.")
        exact = sees_batches(self)
        first = Rows(rows[:2], batch_size, exact)
        epochs = range(initial_epoch, epochs)
        draw = row_orders(first.n_rows[0], shuffle, seed)
        stages = [Stage(first, epochs, draw, patience, starts_well, 1.0)]
        if len(rows) == 3:
            size = None if exact else first.size
            last = Rows([rows[2], rows[1]], batch_size, exact, size)
            epochs = range(epochs.stop, epochs.stop + -(-len(epochs) // 10))
            draw = row_orders(last.n_rows[0], shuffle, seed)
            stages.append(Stage(last, epochs, draw, None, False, 1 / 3))
        callbacks = list(callbacks or ())
        before = self.get_weights()
        rest = stages, callbacks, verbose, falls, optimizer_state, on_held_out
        n_epochs = epochs.stop - initial_epoch
        try:
            with contextlib.ExitStack() as lent:
                # One program does for all stages, unless it must know their batches.
                programs = [
                    lent.enter_context(lend(self, stage.rows, n_epochs, callbacks))
                    for stage in (stages if exact else stages[:1])
                ]
                if None in programs:
                    self._fit_keras(*rest)
                else:
                    self._fit_compiled(programs, *rest)
        except Diverged as error:
            self.set_weights(before)
            raise ValueError(
                f"Training diverged in epoch {error.args[0]}: the loss is not finite. "
                "Lower learning_rate."
            ) from None
        return self.history

    def save(self, filepath, **options):
        """Save the network as the plain Keras model that anyone can load."""
        keras.Model(self.input, self.output, name=self.name).save(filepath, **options)

    def _fit_compiled(
        self, programs, stages, watchers, verbose, falls, state, on_held_out
    ):
        program = programs[0]
        n_epochs = stages[-1].epochs.stop
        callbacks = keras.callbacks.CallbackList(
            watchers,
            add_history=True,
            model=self,
            verbose=verbose,
            epochs=n_epochs,
            steps=stages[0].rows.n_batches[0],
        )
        show = _progress_line(stages[0].epochs.start, n_epochs) if verbose else None
        self.stop_training = False
        rate = _LearningRate(self.optimizer, falls)
        program.load(self, state)
        callbacks.on_train_begin()
        names = ["loss", *(name for name, _ in self.row_metrics)]
        names += [f"val_{name}" for name in names]
        logs, epoch = None, stages[0].epochs.start
        for stage in stages:
            rows, go_on = stage.rows, True
            if stage is not stages[0] and len(programs) > 1:
                program.store(self)
                program, state = programs[1], program.state()
                program.load(self, state)
            if stage.starts_well:
                program.judge(rows)
            best_before = program.best.numpy()
            first, left = epoch, len(stage.epochs)
            while left and go_on and not self.stop_training:
                if watchers:
                    callbacks.on_epoch_begin(epoch)
                    program.take_weights(self)
                at_once = 1 if watchers else program.capacity // rows.per_epoch + 1
                orders = stage.draw(min(at_once, left))
                rates = rate.of_batches(stage, epoch - first, len(orders))
                batches = rows, orders, rates, stage.patience
                for values, goes_on in program.train(*batches):
                    if watchers:
                        program.store(self)
                    losses = values[:, :: len(names) // 2]
                    finite = np.isfinite(losses).all(axis=1)
                    if not finite.all():
                        raise Diverged(epoch + int(finite.argmin()) + 1)
                    if stage is not stages[0]:  # of rows that are trained on by now
                        values[:, len(names) // 2 :] = np.nan
                    for of_epoch in values.tolist():
                        logs = dict(zip(names, of_epoch))
                        if watchers:
                            callbacks.on_epoch_end(epoch, logs)
                        else:
                            _record(self.history, epoch, logs)
                        epoch += 1
                        left -= 1
                    go_on = goes_on
                    if show:
                        show(epoch, logs)
                del orders, batches  # before the next are drawn
            if watchers:
                program.take_weights(self)
            program.finish(stage.patience)
            if stage.patience is not None:
                improved = program.best.numpy() < best_before
                losses = self.history.history["val_loss"]
                self.best_epoch = int(np.argmin(losses)) + 1 if improved else 0
            if on_held_out and stage is stages[0]:
                program.store(self)
                on_held_out()
        program.store(self)
        if not all(np.isfinite(weight).all() for weight in self.get_weights()):
            raise Diverged(epoch)
        self.optimizer_state = program.state()
        callbacks.on_train_end(logs)
        if show:
            print()

    def _fit_keras(self, stages, watchers, verbose, falls, state, on_held_out):
        self.optimizer.build(self.trainable_variables)
        if state:
            give_state(self.optimizer, state)
        rate, histories = _LearningRate(self.optimizer, falls), []
        first = stages[0].epochs.start
        for stage in stages:
            rows = stage.rows
            held_out = None
            if len(rows.sets) == 2:
                in_order = row_orders(rows.n_rows[1], shuffle=False)
                held_out = Batches(rows.sets[1], rows.batch_size, in_order)
            callbacks = [*watchers, _RaiseDiverged()]
            if falls:
                callbacks.append(_LetRateFall(rate, stage, first))
            stopper = _Patience(stage, held_out)
            if stage.patience is not None:
                callbacks.append(stopper)
            trained = keras.Model.fit(
                self,
                Batches(rows.sets[0], rows.batch_size, stage.draw),
                epochs=first + len(stage.epochs),
                initial_epoch=first,
                shuffle=False,
                verbose=verbose,
                callbacks=callbacks,
                validation_data=held_out if stage is stages[0] else None,
            )
            histories.append(trained)
            if stage.patience is not None:
                self.best_epoch = stopper.best_epoch + 1 - stage.epochs.start
            first += len(trained.epoch)
            if on_held_out and stage is stages[0]:
                on_held_out()
            if self.stop_training and not stopper.stopped_epoch:
                break  # a callback of the user
        for later in histories[1:]:
            unknown = [np.nan] * len(later.epoch)
            for name, values in histories[0].history.items():
                values += later.history.get(name, unknown)
        self.history = histories[0]
        self.optimizer_state = state_of(self.optimizer)


class Stage(NamedTuple):
    """A part of training: rows, epochs, and what ends it."""

    rows: Rows
    epochs: range
    draw: Callable
    patience: int | None
    starts_well: bool
    rate: float  # in units of the optimizer's


class _LearningRate:
    """The learning rate of each batch, which falls in a line unless someone sets it."""

    def __init__(self, optimizer, falls):
        self.optimizer = optimizer
        self.is_data = has_constant_rate(optimizer)
        self.falls = falls
        self.first = self.now()

    def now(self):
        return float(self.optimizer.learning_rate.numpy()) if self.is_data else 0.0

    def of_batches(self, stage, epoch, n_epochs):
        """Return the rates in epochs of a stage, counted from its first, one a row."""
        n_batches, rate = stage.rows.n_batches[0], self.now()
        if not self.falls or rate != self.first:
            return np.full((n_epochs, n_batches), rate)
        left = 1 - (epoch + np.arange(n_epochs * n_batches) / n_batches) / len(
            stage.epochs
        )
        return stage.rate * rate * left.reshape(n_epochs, n_batches)


def _record(history, epoch, logs):
    """Do what `History` does at the end of an epoch, without what it costs."""
    history.epoch.append(epoch)
    for name, value in logs.items():
        history.history.setdefault(name, []).append(value)


class Diverged(Exception):
    """The loss is not finite; the argument is the epoch, counted from 1."""


class _Patience(keras.callbacks.EarlyStopping):
    """Keras' own, for which weights before training may be the best, too."""

    def __init__(self, stage, held_out):
        super().__init__(patience=stage.patience or 0, restore_best_weights=True)
        self.held_out = held_out if stage.starts_well else None

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        if self.held_out is not None:
            logs = self.model.evaluate(self.held_out, verbose=0, return_dict=True)
            self.best, self.best_epoch = logs["loss"], -1
            self.best_weights = self.model.get_weights()


class _LetRateFall(keras.callbacks.Callback):
    def __init__(self, rate, stage, first):
        super().__init__()
        self.rate, self.stage, self.first = rate, stage, first

    def on_epoch_begin(self, epoch, logs=None):
        (self.rates,) = self.rate.of_batches(self.stage, epoch - self.first, 1)
        self.now = self.rate.now()

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = self.rates[batch]

    def on_train_batch_end(self, batch, logs=None):
        self.model.optimizer.learning_rate = self.now  # as other callbacks know it


class _RaiseDiverged(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if not np.isfinite(logs["loss"]):
            raise Diverged(epoch + 1)


def _progress_line(first, n_epochs):
    """Return a function that keeps one line of the terminal up to date."""
    start = time.perf_counter()
    width = 0

    def show(epoch, logs):
        nonlocal width
        seconds = time.perf_counter() - start
        left = seconds / max(1, epoch - first) * (n_epochs - epoch)
        losses = "".join(f" - {k}: {v:.4g}" for k, v in (logs or {}).items())
        line = f"Epoch {epoch}/{n_epochs}{losses} - {left:.0f} s left"
        print("\r" + line.ljust(width), end="", flush=True)
        width = len(line)

    return show


# The rows of batches ----------------------------------------------------------------


def row_orders(n_rows, shuffle, seed=0):
    """Return a function that draws the row orders of the next epochs, one a row."""
    rng = np.random.default_rng(seed)

    def draw(n_epochs):
        orders = np.ones((n_epochs, n_rows), np.int32 if n_rows < 2**31 else np.int64)
        orders[:, 0] = 0
        orders.cumsum(axis=1, dtype=orders.dtype, out=orders)  # 0, 1, 2, in place
        return rng.permuted(orders, axis=1, out=orders) if shuffle else orders

    return draw


class Batches(keras.utils.PyDataset):
    """Batches in an order drawn anew for each epoch, for Keras' own loop."""

    def __init__(self, arrays, batch_size, draw):
        super().__init__()
        self.inputs, self.y, self.weight = arrays
        self.batch_size = batch_size
        self.draw = draw
        self.order = np.arange(len(self.y))  # Keras looks at some batches in advance

    def __len__(self):
        return -(-len(self.y) // self.batch_size)

    def __getitem__(self, index):
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        inputs = tuple(x[rows] for x in self.inputs)
        inputs = inputs if len(inputs) > 1 else inputs[0]
        return inputs, self.y[rows], self.weight[rows]

    def on_epoch_begin(self):
        (self.order,) = self.draw(1)


# What is trained --------------------------------------------------------------------


def trainable(
    network, *, optimizer, learning_rate, loss, jit_compile, metrics=(), has_gaps=False
):
    """Return a compiled `Trainable` that shares the layers of `network`."""
    dtype = network.outputs[0].dtype

    def build():
        model = Trainable(inputs=network.input, outputs=network.output)
        model.requested_jit = jit_compile
        watched = [_metric(metric, dtype) for metric in metrics]
        model.row_metrics = tuple(map(_of_rows, watched))
        if None in model.row_metrics:
            model.row_metrics = None
        model.compile(
            optimizer=_optimizer(optimizer, learning_rate),
            loss=_loss(loss, dtype, has_gaps),
            weighted_metrics=watched,
            jit_compile=jit_compile is True,
        )
        return model

    return run_seeded(build, 0, dtype)


def _optimizer(optimizer, learning_rate):
    """Return a fresh optimizer; one that the user made is never changed."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        optimizer = fresh_copy(optimizer)
    elif isinstance(optimizer, type):
        optimizer = optimizer()
    else:
        optimizer = keras.optimizers.get(optimizer)
    if learning_rate is not None:
        optimizer.learning_rate = learning_rate
    return optimizer


class RowWeightedLoss(keras.losses.Loss):
    """A loss per row, and over a batch the mean that weighs the rows.

    Where targets are NaN, as some may be with `has_gaps`, what is predicted is right.
    """

    def __init__(self, loss, dtype, has_gaps):
        super().__init__(reduction="mean_with_sample_weight", dtype=dtype)
        self.loss = loss
        self.has_gaps = has_gaps

    def call(self, y_true, y_pred):
        """Return the losses of the rows."""
        loss = self.loss
        call = loss.call if isinstance(loss, keras.losses.Loss) else loss
        if self.has_gaps:
            n_times = y_pred.shape[-1] // y_true.shape[-1]  # as many as quantiles
            y_true = keras.ops.tile(y_true, (1, n_times))
            unknown, right = keras.ops.isnan(y_true), keras.ops.stop_gradient(y_pred)
            y_true = keras.ops.where(unknown, right, y_true)
            y_pred = keras.ops.where(unknown, right, y_pred)  # of which nothing learns
        values = keras.ops.convert_to_tensor(call(y_true, y_pred))
        if len(values.shape) == 0:
            raise ValueError(
                f"loss={loss!r} must return a value for each row, so that rows can be "
                "weighed, but returned a scalar; take the mean over the last axis only."
            )
        return values


class Pinball(keras.losses.Loss):
    """The pinball loss of quantiles, in units of the absolute error of the median.

    Of predictions, all outputs of the first quantile come first.
    """

    def __init__(self, quantiles, name="pinball", **options):
        super().__init__(name=name, **options)
        self.quantiles = list(quantiles)

    def get_config(self):
        """Return what makes an equal loss."""
        return super().get_config() | {"quantiles": self.quantiles}

    def call(self, y_true, y_pred):
        """Return the losses of the rows."""
        n_outputs = y_pred.shape[-1] // len(self.quantiles)
        level = np.repeat(self.quantiles, n_outputs).astype(y_pred.dtype.name)
        error = keras.ops.tile(y_true, (1, y_pred.shape[-1] // y_true.shape[-1]))
        error = error - y_pred
        loss = keras.ops.maximum(level * error, (level - 1) * error)
        return 2 * keras.ops.mean(loss, axis=-1)


def _loss(loss, dtype, has_gaps):
    """Return `loss`, a name, class, object or callable, as a `RowWeightedLoss`."""
    loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    loss = loss() if isinstance(loss, type) else loss
    return RowWeightedLoss(loss, dtype, has_gaps)


def _metric(metric, dtype):
    """Return a fresh metric; one that the user made is never changed."""
    try:
        made = keras.metrics.get(metric)
    except ValueError:
        raise ValueError(
            f"metrics holds {metric!r}, but must hold names of Keras' metrics, "
            "functions or objects of keras.metrics.Metric."
        ) from None
    if not isinstance(made, keras.metrics.Metric):
        return keras.metrics.MeanMetricWrapper(made, made.__name__, dtype)
    name = metric if isinstance(metric, str) else made.name
    return type(made).from_config(made.get_config() | {"name": name, "dtype": dtype})


def _of_rows(metric):
    """Return the name of a metric and its function, if it is the mean over rows."""
    plain = keras.metrics.MeanMetricWrapper
    hooks = "update_state", "result", "reset_state"
    if not isinstance(metric, plain) or any(
        getattr(type(metric), hook) is not getattr(plain, hook) for hook in hooks
    ):
        return None
    return metric.name, functools.partial(metric._fn, **metric._fn_kwargs)
