"""Layers in operations that are quick on a CPU, equal to Keras' to rounding.

`for_xla` and `for_graph` copy a layer; where the copy computes in its own way, it is
one of the functions below. They are written for few, large operations on blocks whose
last dimension is a power of two, the rows of a batch: XLA runs each operation apart, at
a cost of a microsecond, and multiplies small matrices of other widths at half the
speed.
"""

from __future__ import annotations

import contextvars
import functools
import itertools
import math

from tensorflow.compiler.tf2xla.python import xla  # no public name leads to its barrier

from ._engine import keras, tf

# Slopes of the activations that follow from what the activations return.
SLOPES = {
    keras.activations.tanh: lambda a: 1 - a * a,
    keras.activations.relu: lambda a: tf.cast(a > 0, a.dtype),
    keras.activations.linear: tf.ones_like,
}
RECURRENT = keras.layers.LSTM | keras.layers.GRU
FEW_TIMESTEPS = 8  # take less time one after the other than as turns of a loop
MOST_PATCHES = 2**20  # numbers that a convolution of a batch reads, for XLA to be quick

# Of the rows of the batch that a network is called on, to train it.
weight_of_rows: contextvars.ContextVar = contextvars.ContextVar("weight", default=None)


def convolves_much(network, n_rows):
    """Tell whether TensorFlow is quicker than XLA at a network, as its layers are."""
    for layer in network.layers:
        if isinstance(layer, keras.Model) and convolves_much(layer, n_rows):
            return True
        if isinstance(layer, keras.layers.Conv1D | keras.layers.Conv2D):
            n_places = math.prod(layer.output.shape[1:-1])
            n_read = math.prod(layer.kernel.shape[:-1])
            if n_rows * n_places * n_read > MOST_PATCHES:
                return True
    return False


def for_graph(layer):
    """Return a copy of `layer`, in operations that TensorFlow itself is good at."""
    return _copy(layer, _without_loop if isinstance(layer, RECURRENT) else None)


def for_xla(layer):
    """Return a copy of `layer`, in operations that XLA is good at."""
    return _copy(layer, _faster_call(layer))


def _copy(layer, call):
    """Return a copy of `layer` that computes by `call`, if given."""
    copy = type(layer).from_config(layer.get_config())
    if call:
        copy.call = functools.partial(call, copy)
    if type(layer) is keras.layers.BatchNormalization:
        copy._moments = functools.partial(_moments, copy, copy._moments)  # Keras' own
    return copy


def _faster_call(layer):
    if isinstance(layer, RECURRENT):
        is_lstm = isinstance(layer, keras.layers.LSTM)
        is_plain = (
            layer.activation in SLOPES
            and layer.recurrent_activation is keras.activations.sigmoid
            and layer.use_bias
            and not (layer.dropout or layer.recurrent_dropout)
            and not (layer.go_backwards or layer.stateful or layer.return_state)
            and (is_lstm or layer.reset_after)
        )
        if is_plain:
            return _lstm if is_lstm else _gru
        return None
    if isinstance(layer, keras.layers.Dropout):
        return _drop_out if layer.noise_shape is None else None
    if getattr(layer, "data_format", None) != "channels_last":
        return None
    if isinstance(layer, keras.layers.MaxPooling1D | keras.layers.MaxPooling2D):
        is_plain = layer.padding == "valid" and layer.strides == layer.pool_size
        return _max_pool if is_plain else None
    if isinstance(layer, keras.layers.Conv1D | keras.layers.Conv2D):
        return _convolve if {*layer.strides, layer.groups} == {1} else None
    return None


def _moments(layer, unweighted, x, mask):
    """Return mean and variance of a batch, in which a weight of 2 is a row twice."""
    weight = weight_of_rows.get()
    if weight is None or mask is not None:
        return unweighted(x, mask)
    axes = layer._reduction_axes
    weight = tf.reshape(tf.cast(weight, x.dtype), [-1] + [1] * (len(x.shape) - 1))
    weight /= tf.reduce_sum(weight) * math.prod(x.shape[axis] for axis in axes[1:])
    mean = tf.reduce_sum(weight * x, axes, keepdims=True)
    variance = tf.reduce_sum(weight * (x - mean) ** 2, axes)
    return tf.reshape(mean, tf.shape(variance)), variance


def _drop_out(layer, x, training=False):
    """Drop out by numbers from Threefry; XLA takes ten times as long for Philox'."""
    if not training or not layer.rate:
        return x
    seed = layer.seed_generator.next()
    drawn = tf.random.stateless_uniform(x.shape, seed, dtype=x.dtype, alg="threefry")
    return tf.where(drawn < layer.rate, tf.zeros_like(x), x / (1 - layer.rate))


def _convolve(layer, x):
    """Convolve by one product of matrices."""
    reach = [(k - 1) * d for k, d in zip(layer.kernel_size, layer.dilation_rate)]
    if layer.padding != "valid":
        before = [n if layer.padding == "causal" else n // 2 for n in reach]
        around = ((b, n - b) for b, n in zip(before, reach))
        x = tf.pad(x, [(0, 0), *around, (0, 0)])
    sizes = [n - r for n, r in zip(x.shape[1:-1], reach)]
    offsets = itertools.product(
        *(range(0, r + 1, d) for r, d in zip(reach, layer.dilation_rate))
    )
    patches = tf.concat(
        [x[:, *(slice(o, o + n) for o, n in zip(offset, sizes))] for offset in offsets],
        axis=-1,
    )
    kernel = tf.reshape(layer.kernel, (patches.shape[-1], layer.filters))
    y = tf.matmul(tf.reshape(patches, (-1, patches.shape[-1])), kernel)
    y = tf.reshape(y, (-1, *sizes, layer.filters))
    return layer.activation(y + layer.bias if layer.use_bias else y)


def _max_pool(layer, x):
    """Take maxima pair by pair."""
    sizes = [n // k for n, k in zip(x.shape[1:-1], layer.pool_size)]
    x = x[:, *(slice(n * k) for n, k in zip(sizes, layer.pool_size))]
    pairs = itertools.chain(*zip(sizes, layer.pool_size))
    x = tf.reshape(x, (-1, *pairs, x.shape[-1]))
    parts = [x]  # whose gradient is stacked, where that of slices would be added up
    for axis in range(2, 2 + len(sizes)):
        parts = [one for part in parts for one in tf.unstack(part, axis=axis)]
    return functools.reduce(lambda a, b: tf.where(a >= b, a, b), parts)


def _without_loop(layer, x, *state, **options):
    """Run a recurrent layer as Keras does, without a loop over few timesteps."""
    layer.unroll |= (x.shape[1] or math.inf) <= FEW_TIMESTEPS
    return type(layer).call(layer, x, *state, **options)


def _recurrent(run):
    """Return a layer's call that computes by `run`, with each block (units, rows).

    ``run(layer, kernel, recurrent_kernel, bias, inputs)`` gets inputs of shape
    (timesteps, channels, rows). What has an initial state or a mask is left to Keras.
    """

    def call(layer, x, *state, training=None, **options):
        options = {name: value for name, value in options.items() if value is not None}
        if state or options or x.shape[1] is None:
            return type(layer).call(layer, x, *state, training=training, **options)
        cell = layer.cell
        weights = cell.kernel, cell.recurrent_kernel, cell.bias
        inputs = tf.transpose(x, (1, 2, 0))
        h = run(layer, *map(tf.convert_to_tensor, weights), inputs)
        h = tf.transpose(h, (2, 0, 1)) if layer.return_sequences else tf.transpose(h)
        if training is not False:
            return h
        # XLA would read h transposed in the product that follows, which on some
        # processors gives the last rows of a block other bits than the first.
        return tf.grad_pass_through(lambda h: xla.optimization_barrier(h)[0])(h)

    return call


def _loop(step, inputs, states, sizes, backwards=False):
    """Go through timesteps by ``step(t, *states)``; return what each has written.

    A step returns new states and blocks to write, one for each of `sizes`, which is
    their number of units.
    """
    steps, _, n_rows = inputs.shape
    arrays = [
        tf.TensorArray(inputs.dtype, steps, element_shape=(n, n_rows)) for n in sizes
    ]

    def turn(t, states, arrays):
        states, blocks = step(t, *states)
        arrays = [array.write(t, block) for array, block in zip(arrays, blocks)]
        return t + (-1 if backwards else 1), states, arrays

    *_, arrays = tf.while_loop(
        lambda t, *_: (t >= 0) & (t < steps),
        turn,
        (steps - 1 if backwards else 0, states, arrays),
        parallel_iterations=1,
        maximum_iterations=steps,
    )
    return [array.stack() for array in arrays]


def _zeros(units, inputs):
    return tf.zeros((units, inputs.shape[2] or tf.shape(inputs)[2]), inputs.dtype)


def _one_before(states):
    return tf.concat([tf.zeros_like(states[:1]), states[:-1]], 0)


def _gradients(kernel, inputs, h_before, dz, dz_of_state):
    """Return those of kernel, recurrent kernel and inputs from those of the gates."""
    u, h, dz, dz_of_state = (
        tf.reshape(tf.transpose(v, (1, 0, 2)), (v.shape[1], -1))
        for v in (inputs, h_before, dz, dz_of_state)
    )
    d_inputs = tf.reshape(
        tf.matmul(kernel, dz), (*u.shape[:1], *h_before.shape[:1], -1)
    )
    return (
        tf.matmul(u, dz, transpose_b=True),
        tf.matmul(h, dz_of_state, transpose_b=True),
        tf.transpose(d_inputs, (1, 0, 2)),
    )


@_recurrent
def _lstm(layer, *weights_and_inputs):
    """Run an LSTM, and back, with its gates as rows of one matrix (4 units, rows)."""
    units, is_whole = layer.units, layer.return_sequences
    activation, slope = layer.activation, SLOPES[layer.activation]
    # Gates come in the order: in, forget, new, out. All but "new" are sigmoids, and a
    # sigmoid is a tanh: s * tanh(s * z) + 1 - s, where s is 1/2; a tanh if s is 1.
    scale = tf.constant([0.5, 0.5, 1, 0.5], weights_and_inputs[0].dtype)
    scale = tf.repeat(scale, units)[:, None]
    is_new = scale == 1
    is_out = tf.constant([False, False, False, True])[:, None, None]

    @tf.custom_gradient
    def run(kernel, recurrent_kernel, bias, inputs):
        of_input, of_state = tf.transpose(kernel), tf.transpose(recurrent_kernel)
        bias, zero = bias[:, None], _zeros(units, inputs)

        def step(t, h, c):
            z = tf.matmul(of_state, h) + tf.matmul(of_input, inputs[t]) + bias
            a = tf.tanh(z * scale) * scale + (1 - scale)
            if activation is not keras.activations.tanh:
                a = tf.where(is_new, activation(z), a)
            i, f, new, o = tf.split(a, 4)
            c = f * c + i * new
            return (o * activation(c), c), (c, a)

        cs, gates = _loop(step, inputs, (zero, zero), (units, 4 * units))
        i, f, new, o = tf.split(gates, 4, 1)
        outs = activation(cs)
        hs = o * outs

        def gradient(dh):
            # What does not depend on later timesteps, of all at once.
            slopes = scale**2 - (gates - (1 - scale)) ** 2
            if activation is not keras.activations.tanh:
                slopes = tf.where(is_new, slope(gates), slopes)
            dz_dc = tf.concat([new, _one_before(cs), i, outs], 1) * slopes
            dz_dc = tf.reshape(dz_dc, (*cs.shape[:1], 4, units, -1))
            dc_dh = o * slope(outs)

            def step_back(t, dh_later, dc):
                dh_t = dh_later + dh[t] if is_whole else dh_later
                dc += dh_t * dc_dh[t]
                dz = tf.where(is_out, dh_t[None], dc[None]) * dz_dc[t]
                dz = tf.reshape(dz, (4 * units, -1))
                return (tf.matmul(recurrent_kernel, dz), dc * f[t]), (dz,)

            states = zero if is_whole else dh, zero
            (dz,) = _loop(step_back, inputs, states, (4 * units,), backwards=True)
            of_products = _gradients(kernel, inputs, _one_before(hs), dz, dz)
            *of_kernels, of_inputs = of_products
            return *of_kernels, tf.reduce_sum(dz, (0, 2)), of_inputs

        return hs if is_whole else hs[-1], gradient

    return run(*weights_and_inputs)


@_recurrent
def _gru(layer, *weights_and_inputs):
    """Run a GRU, and back, with its gates as rows of one matrix (3 units, rows)."""
    units, is_whole = layer.units, layer.return_sequences
    activation, slope = layer.activation, SLOPES[layer.activation]

    @tf.custom_gradient
    def run(kernel, recurrent_kernel, bias, inputs):
        of_input, of_state = tf.transpose(kernel), tf.transpose(recurrent_kernel)
        zero = _zeros(units, inputs)

        def step(t, h):
            a = tf.matmul(of_input, inputs[t]) + bias[0, :, None]
            b = tf.matmul(of_state, h) + bias[1, :, None]
            # Two sigmoids, each as a tanh.
            keep, reset = tf.split(tf.tanh((a + b)[: 2 * units] / 2) / 2 + 0.5, 2)
            told = b[2 * units :]
            new = activation(a[2 * units :] + reset * told)
            h = keep * h + (1 - keep) * new
            return (h,), (h, tf.concat([keep, reset, told, new], 0))

        hs, gates = _loop(step, inputs, (zero,), (units, 4 * units))
        keep, reset, told, new = tf.split(gates, 4, 1)

        def gradient(dh):
            # What does not depend on later timesteps, of all at once.
            h_before = _one_before(hs)
            of_new = (1 - keep) * slope(new)
            of_keep = (h_before - new) * keep * (1 - keep)
            of_reset = of_new * told * reset * (1 - reset)
            dz_dh = tf.stack([of_keep, of_reset, of_new * reset], 1)

            def step_back(t, dh_later):
                dh_t = dh_later + dh[t] if is_whole else dh_later
                dz = tf.reshape(dh_t[None] * dz_dh[t], (3 * units, -1))
                return (dh_t * keep[t] + tf.matmul(recurrent_kernel, dz),), (dh_t,)

            states = (zero if is_whole else dh,)
            (dhs,) = _loop(step_back, inputs, states, (units,), backwards=True)
            of_gates = [dhs * of_keep, dhs * of_reset]
            dz = tf.concat([*of_gates, dhs * of_new], 1)
            dz_of_state = tf.concat([*of_gates, dhs * of_new * reset], 1)
            of_products = _gradients(kernel, inputs, h_before, dz, dz_of_state)
            *of_kernels, of_inputs = of_products
            of_bias = [tf.reduce_sum(v, (0, 2)) for v in (dz, dz_of_state)]
            return *of_kernels, tf.stack(of_bias), of_inputs

        return hs if is_whole else hs[-1], gradient

    return run(*weights_and_inputs)
