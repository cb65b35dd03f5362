"""Training and prediction: the only file that knows TensorFlow.

`Trainable` is a Keras model that shares the layers of an estimator's plain network.
scikeras drives it through `Model.fit`, whose arguments it extends by what scikit-learn
asks for: an order of rows that follows from a seed, exact row weights, early stopping.
"""

from __future__ import annotations

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Batches in an order drawn anew for each epoch from `orders`."""

    def __init__(self, x, y, weight, batch_size, orders):
        super().__init__()
        self.x, self.y, self.weight = x, y, weight
        self.batch_size = batch_size
        self.orders = orders
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index):
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return self.x[rows], self.y[rows], self.weight[rows]

    def on_epoch_end(self):
        self.order = next(self.orders)


def row_orders(n_rows, shuffle, seed):
    """Yield the order of rows of each epoch."""
    rng = np.random.RandomState(seed)
    while True:
        yield rng.permutation(n_rows) if shuffle else np.arange(n_rows)


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
        row_weight=None,
        validation_data=None,
        seed=0,
        patience=None,
        optimizer_state=None,
        **keras_arguments,
    ):
        """Train as `keras.Model.fit` does; return its `History`.

        Parameters
        ----------
        x : ndarray of shape (n_rows, timesteps, channels)
            May be a read-only strided view whose windows overlap in memory.
        y : ndarray of shape (n_rows, n_outputs)
        row_weight : ndarray of shape (n_rows,), default=None
            Weights of the rows, all positive.
        validation_data : tuple of x, y and row_weight, default=None
        seed : int
            Where the order of rows comes from.
        patience : int, default=None
            Stop when the validation loss did not get better for as many epochs, and
            take the weights of the best. None trains all epochs.
        optimizer_state : list of ndarray, default=None
            The `optimizer_state` that an earlier training left, to go on from.
        """
        weight = np.ones(len(x), x.dtype) if row_weight is None else row_weight
        callbacks = list(callbacks)
        if patience is not None:
            callbacks.append(
                keras.callbacks.EarlyStopping(
                    patience=patience, restore_best_weights=True
                )
            )
        batches = Batches(x, y, weight, batch_size, row_orders(len(x), shuffle, seed))
        if optimizer_state is not None:
            self.optimizer.build(self.trainable_variables)
            for variable, value in zip(self.optimizer.variables, optimizer_state):
                variable.assign(value)
        history = super().fit(
            batches,
            epochs=epochs,
            initial_epoch=initial_epoch,
            shuffle=False,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
        )
        self.optimizer_state = [v.numpy() for v in self.optimizer.variables]
        return history


def trainable(network, *, optimizer, learning_rate, loss, jit_compile):
    """Return a compiled `Trainable` that shares the layers of `network`."""
    model = Trainable(inputs=network.inputs, outputs=network.outputs)
    model.compile(
        optimizer=_optimizer(optimizer, learning_rate),
        loss=_loss(loss),
        jit_compile=jit_compile if jit_compile != "auto" else False,
    )
    return model


def predict(network, x, batch_size=1024):
    """Return the outputs of `network` for the windows `x`."""
    blocks = [
        keras.ops.convert_to_numpy(network(x[i : i + batch_size], training=False))
        for i in range(0, len(x), batch_size)
    ]
    return np.concatenate(blocks)


def _optimizer(optimizer, learning_rate):
    """Return a fresh optimizer; one that the user made is never changed."""
    if isinstance(optimizer, str):
        optimizer = keras.optimizers.get(optimizer)
    elif isinstance(optimizer, type):
        optimizer = optimizer()
    optimizer = type(optimizer).from_config(optimizer.get_config())
    if learning_rate is not None:
        optimizer.learning_rate = learning_rate
    return optimizer


class RowWeightedLoss(keras.losses.Loss):
    """A loss per row, and over a batch the mean that weighs the rows."""

    def __init__(self, loss):
        super().__init__(reduction="mean_with_sample_weight")
        self.loss = loss

    def call(self, y_true, y_pred):
        return self.loss(y_true, y_pred)


def _loss(loss):
    """Return `loss`, a name, class, object or callable, as a `RowWeightedLoss`."""
    loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    loss = loss() if isinstance(loss, type) else loss
    return RowWeightedLoss(loss.call if isinstance(loss, keras.losses.Loss) else loss)
