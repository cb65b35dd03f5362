"""Updates of all weights at once, and what optimizers know, against Keras' own."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skts import _optimizers
from skts._engine import keras, tf
from skts._optimizers import _ELEMENTWISE, Updates, give_state, state_of

SHAPES = (3, 2), (2,), ()
SETTINGS = [
    {},
    {"weight_decay": 0.1},
    {"clipvalue": 0.5},
    {"global_clipnorm": 0.5},
    {"loss_scale_factor": 2.0},
]
ONE_BY_ONE = [
    {"clipnorm": 0.5},
    {"use_ema": True, "ema_overwrite_frequency": 2},
    {"gradient_accumulation_steps": 2},
]


def weights(constraint=None):
    rng = np.random.RandomState(0)
    made = [keras.Variable(rng.normal(size=shape), dtype="float64") for shape in SHAPES]
    made[0].constraint = constraint
    return made


def gradients(step):
    rng = np.random.RandomState(step)
    return [tf.constant(rng.normal(size=shape)) for shape in SHAPES]


def updated_by_keras(optimizer, ours, steps=range(5)):
    optimizer = type(optimizer).from_config(optimizer.get_config())
    for step in steps:
        optimizer.apply(gradients(step), ours)
    return optimizer


def updated(optimizer, ours, steps=range(5), state=None):
    updates = Updates(optimizer, ours)
    updates.gather()
    if state:
        give_state(updates.optimizer, state)
    for step in steps:
        updates.apply(gradients(step))
    return updates


def assert_equal_weights(ours, theirs):
    for weight, expected in zip(ours, theirs):
        assert_allclose(weight.numpy(), expected.numpy(), rtol=1e-6)  # of the rate


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("cls", sorted(_ELEMENTWISE, key=lambda cls: cls.__name__))
def test_weights_are_updated_at_once_as_one_by_one(cls, settings):
    ours, theirs = weights(), weights()
    assert updated(cls(0.1, **settings), ours).at_once
    updated_by_keras(cls(0.1, **settings), theirs)
    assert_equal_weights(ours, theirs)


@pytest.mark.parametrize("settings", ONE_BY_ONE, ids=str)
def test_weights_are_updated_one_by_one_where_they_matter_to_each_other(settings):
    ours, theirs = weights(), weights()
    assert not updated(keras.optimizers.Adam(0.1, **settings), ours).at_once
    updated_by_keras(keras.optimizers.Adam(0.1, **settings), theirs)
    assert_equal_weights(ours, theirs)


def test_constraints_and_other_optimizers_are_heard():
    ours = weights(keras.constraints.NonNeg())
    assert not updated(keras.optimizers.SGD(0.1), ours).at_once
    assert (ours[0].numpy() >= 0).all()
    assert not Updates(keras.optimizers.Adafactor(0.1), weights()).at_once

    class Own(keras.optimizers.SGD):
        pass

    assert not Updates(Own(0.1), weights()).at_once


def test_many_weights_are_updated_one_by_one(monkeypatch):
    monkeypatch.setattr(_optimizers, "AT_ONCE_ELEMENTS", 8)  # there are nine
    assert not Updates(keras.optimizers.Adam(0.1), weights()).at_once


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(0.1, amsgrad=True),
        keras.optimizers.RMSprop(0.1, momentum=0.5, centered=True),
        keras.optimizers.Adadelta(0.1),
        keras.optimizers.Ftrl(0.1),
    ],
    ids=lambda optimizer: optimizer.name,
)
def test_what_an_optimizer_knows_goes_on_in_the_other_way(optimizer):
    whole, there, back = weights(), weights(), weights()
    updated_by_keras(optimizer, whole)

    known = state_of(updated_by_keras(optimizer, there, range(2)))
    updated(optimizer, there, range(2, 5), known)
    assert_equal_weights(there, whole)

    known = state_of(updated(optimizer, back, range(2)).optimizer)
    other = type(optimizer).from_config(optimizer.get_config())
    other.build(back)
    give_state(other, known)
    for step in range(2, 5):
        other.apply(gradients(step), back)
    assert_equal_weights(back, whole)


def test_what_has_no_gradient_stays():
    ours = weights()
    before = ours[1].numpy()
    updates = Updates(keras.optimizers.Adam(0.1), ours)
    updates.gather()
    first, _, last = gradients(0)
    updates.apply([first, None, last])
    assert_array_equal(ours[1].numpy(), before)
    with pytest.raises(ValueError, match="No gradients provided"):
        updates.apply([None, None, None])
