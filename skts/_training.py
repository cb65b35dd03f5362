"""Training: Keras' `fit`, compiled where it can be.

`Trainable` is a Keras model that shares the layers of an estimator's plain network.
scikeras drives it through `Model.fit`, which trains by a compiled program. What cannot
be compiled is trained by Keras' own loop.
"""

from __future__ import annotations

import time

import numpy as np

from ._program import Rows, fresh_copy, keras, lend, sees_batches, state_of


class Trainable(keras.Model):
    """A network with the training that scikit-learn's contract needs."""

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
        optimizer_state=None,
        **keras_arguments,
    ):
        """Train as `keras.Model.fit` does; return its `History`.

        Parameters
        ----------
        x, y : array-like
            What scikeras takes for the rows; training reads `rows`.
        rows : list of one or two tuples of inputs, targets and weights
            To train and, if there are two, to validate on: a list of what the network
            reads of each row, an ndarray of shape (n_rows, n_outputs), and one of
            shape (n_rows,) without zeros.
        seed : int
            Where the order of rows comes from.
        patience : int, default=None
            Stop when the validation loss did not get better for as many epochs, and
            take the weights of the best. None trains all epochs.
        optimizer_state : list of ndarray, default=None
            The `optimizer_state` that an earlier training left, to go on from.

        Raises
        ------
        ValueError
            If the loss is no longer finite. The weights are then as before.
        """
        unknown = [name for name, value in keras_arguments.items() if np.any(value)]
        if unknown:
            raise TypeError(f"Trainable.fit has no parameters {unknown}.")
        rows = Rows(rows, batch_size, exact=sees_batches(self))
        epochs = range(initial_epoch, epochs)
        draw = row_orders(rows.n_rows[0], shuffle, seed)
        callbacks = list(callbacks or ())
        before = self.get_weights()
        rest = epochs, draw, callbacks, patience, verbose, optimizer_state
        try:
            with lend(self, rows, epochs, callbacks) as program:
                if program is None:
                    self._fit_keras(rows, *rest)
                else:
                    self._fit_compiled(program, rows, *rest)
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
        self, program, rows, epochs, draw, watchers, patience, verbose, state
    ):
        callbacks = keras.callbacks.CallbackList(
            watchers,
            add_history=True,
            model=self,
            verbose=verbose,
            epochs=epochs.stop,
            steps=rows.n_batches[0],
        )
        show = _progress_line(epochs) if verbose else None
        self.stop_training = False
        program.load(self, state)
        callbacks.on_train_begin()
        logs, epoch = None, epochs.start
        while epoch < epochs.stop and not self.stop_training:
            if watchers:
                callbacks.on_epoch_begin(epoch)
                program.take_weights(self)
            at_once = 1 if watchers else program.capacity // rows.per_epoch + 1
            orders = draw(min(at_once, epochs.stop - epoch))
            rate = _constant_learning_rate(self.optimizer)
            for losses, go_on in program.train(rows, orders, patience, rate):
                if watchers:
                    program.store(self)
                finite = np.isfinite(losses).all(axis=1)
                if not finite.all():
                    raise Diverged(epoch + int(finite.argmin()) + 1)
                for values in losses.tolist():
                    logs = dict(zip(("loss", "val_loss"), values))
                    if watchers:
                        callbacks.on_epoch_end(epoch, logs)
                    else:
                        _record(self.history, epoch, logs)
                    epoch += 1
                if show:
                    show(epoch, logs)
                self.stop_training |= not go_on
        if watchers:
            program.take_weights(self)
        program.finish(patience)
        program.store(self)
        if not all(np.isfinite(weight).all() for weight in self.get_weights()):
            raise Diverged(epoch)
        self.optimizer_state = program.state()
        callbacks.on_train_end(logs)
        if show:
            print()

    def _fit_keras(self, rows, epochs, draw, watchers, patience, verbose, state):
        callbacks = [*watchers, _RaiseDiverged()]
        if patience is not None:
            callbacks.append(
                keras.callbacks.EarlyStopping(
                    patience=patience, restore_best_weights=True
                )
            )
        held_out = None
        if len(rows.sets) == 2:
            in_order = row_orders(rows.n_rows[1], shuffle=False)
            held_out = Batches(rows.sets[1], rows.batch_size, in_order)
        self.optimizer.build(self.trainable_variables)
        for variable, value in zip(state_of(self.optimizer), state or ()):
            variable.assign(value)
        keras.Model.fit(
            self,
            Batches(rows.sets[0], rows.batch_size, draw),
            epochs=epochs.stop,
            initial_epoch=epochs.start,
            shuffle=False,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=held_out,
        )
        self.optimizer_state = [v.numpy() for v in state_of(self.optimizer)]


def _record(history, epoch, logs):
    """Do what `History` does at the end of an epoch, without what it costs."""
    history.epoch.append(epoch)
    for name, value in logs.items():
        history.history.setdefault(name, []).append(value)


class Diverged(Exception):
    """The loss is not finite; the argument is the epoch, counted from 1."""


class _RaiseDiverged(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if not np.isfinite(logs["loss"]):
            raise Diverged(epoch + 1)


def _progress_line(epochs):
    """Return a function that keeps one line of the terminal up to date."""
    start = time.perf_counter()
    width = 0

    def show(epoch, logs):
        nonlocal width
        seconds = time.perf_counter() - start
        left = seconds / max(1, epoch - epochs.start) * (epochs.stop - epoch)
        losses = "".join(f" - {k}: {v:.4g}" for k, v in (logs or {}).items())
        line = f"Epoch {epoch}/{epochs.stop}{losses} - {left:.0f} s left"
        print("\r" + line.ljust(width), end="", flush=True)
        width = len(line)

    return show


# The rows of batches ----------------------------------------------------------------


def row_orders(n_rows, shuffle, seed=0):
    """Return a function that draws the row orders of the next epochs, one a row."""
    rng = np.random.default_rng(seed)

    def draw(n_epochs):
        orders = np.empty((n_epochs, n_rows), np.int32 if n_rows < 2**31 else np.int64)
        orders[:] = np.arange(n_rows, dtype=orders.dtype)
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


def trainable(network, *, optimizer, learning_rate, loss, jit_compile):
    """Return a compiled `Trainable` that shares the layers of `network`."""
    model = Trainable(inputs=network.input, outputs=network.output)
    model.requested_jit = jit_compile
    model.compile(
        optimizer=_optimizer(optimizer, learning_rate),
        loss=_loss(loss, network.outputs[0].dtype),
        jit_compile=jit_compile is True,
    )
    return model


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


def _constant_learning_rate(optimizer):
    """Return the learning rate; None if a schedule rules it."""
    rate = optimizer.get_config()["learning_rate"]
    return rate if isinstance(rate, float) else None


class RowWeightedLoss(keras.losses.Loss):
    """A loss per row, and over a batch the mean that weighs the rows."""

    def __init__(self, loss, dtype):
        super().__init__(reduction="mean_with_sample_weight", dtype=dtype)
        self.loss = loss

    def call(self, y_true, y_pred):
        """Return the losses of the rows."""
        loss = self.loss
        call = loss.call if isinstance(loss, keras.losses.Loss) else loss
        values = keras.ops.convert_to_tensor(call(y_true, y_pred))
        if len(values.shape) == 0:
            raise ValueError(
                f"loss={loss!r} must return a value for each row, so that rows can be "
                "weighed, but returned a scalar; take the mean over the last axis only."
            )
        return values


def _loss(loss, dtype):
    """Return `loss`, a name, class, object or callable, as a `RowWeightedLoss`."""
    loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    return RowWeightedLoss(loss() if isinstance(loss, type) else loss, dtype)
