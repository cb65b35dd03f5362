"""Optimizers: copies of them, what they know, and one update of all weights at once."""

from __future__ import annotations

import math

import numpy as np

from ._engine import keras, tf

# What these do to an element of a weight does not depend on any other element.
_ELEMENTWISE = {
    keras.optimizers.SGD,
    keras.optimizers.RMSprop,
    keras.optimizers.Adam,
    keras.optimizers.AdamW,
    keras.optimizers.Adadelta,
    keras.optimizers.Adagrad,
    keras.optimizers.Adamax,
    keras.optimizers.Ftrl,
    keras.optimizers.Lion,
}
AT_ONCE_ELEMENTS = 2**17  # of weights; of more, what is copied takes longer


def fresh_copy(optimizer):
    """Return an optimizer that knows nothing yet, set as `optimizer` is."""
    config = optimizer.get_config()
    schedule = optimizer._learning_rate
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        config["learning_rate"] = schedule  # as it is: Keras cannot find a user's own
    return type(optimizer).from_config(config)


def has_constant_rate(optimizer):
    """Tell whether no schedule rules the learning rate, which is then data."""
    return isinstance(optimizer._learning_rate, keras.Variable)


def state_of(optimizer):
    """Return what `optimizer` knows but for the learning rate: vectors by kind.

    They go over all weights, whether it updates these one by one or at once.
    """
    parts: dict[str, list] = {}
    for variable in _known(optimizer):
        parts.setdefault(_kind(variable), []).append(variable.numpy().ravel())
    return {kind: np.concatenate(arrays) for kind, arrays in parts.items()}


def give_state(optimizer, state):
    """Let `optimizer` know what another one knew."""
    left = dict(state)
    for variable in _known(optimizer):
        kind, size = _kind(variable), math.prod(variable.shape)
        variable.assign(left[kind][:size].reshape(variable.shape))
        left[kind] = left[kind][size:]


def _known(optimizer):
    return [v for v in optimizer.variables if v is not optimizer.learning_rate]


def _kind(variable):
    """Return the last word of a name, which Keras puts behind that of the weight."""
    return variable.name.rpartition("_")[2]


class Updates:
    """The updates of weights: as one vector, where the optimizer's arithmetic allows.

    An update takes a dozen operations, which are traced, compiled and started for each
    batch. One by one, they would be as many for each weight.
    """

    def __init__(self, optimizer, weights):
        self.optimizer = fresh_copy(optimizer)
        self.weights = weights
        self.sizes = [math.prod(weight.shape) for weight in weights]
        self.at_once = (
            type(optimizer) in _ELEMENTWISE
            and len({weight.dtype for weight in weights}) == 1
            and not any(weight.constraint for weight in weights)
            and not optimizer.clipnorm  # of the gradient of each weight
            and not optimizer.use_ema
            and not optimizer.gradient_accumulation_steps
            and sum(self.sizes) <= AT_ONCE_ELEMENTS
        )
        self.variables = weights
        if self.at_once:
            zeros = np.zeros(sum(self.sizes), weights[0].dtype)
            self.variables = [keras.Variable(zeros, dtype=weights[0].dtype)]
        self.optimizer.build(self.variables)

    def apply(self, gradients):
        """Update the weights by their `gradients`, None where there is none."""
        if self.at_once:
            pairs = list(zip(gradients, self.weights))
            known = any(gradient is not None for gradient in gradients)
            gradients = [tf.zeros_like(w) if g is None else g for g, w in pairs]
            gradients = [_joined(gradients) if known else None]
        self.optimizer.apply(gradients, self.variables)
        self.spread()

    def gather(self):
        """Take the weights as they are."""
        if self.at_once:
            self.variables[0].assign(_joined(self.weights))

    def spread(self):
        """Give the weights what was updated."""
        if self.at_once:
            parts = tf.split(self.variables[0].value, self.sizes)
            for weight, part in zip(self.weights, parts):
                weight.assign(tf.reshape(part, weight.shape))

    def finish(self):
        """Settle on the weights, as some optimizers do at the end."""
        self.optimizer.finalize_variable_values(self.variables)


def _joined(arrays):
    return tf.concat([tf.reshape(array, [-1]) for array in arrays], 0)
