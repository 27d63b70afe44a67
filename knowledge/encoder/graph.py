"""The multilingual Universal Sentence Encoder, version 3, written as an ONNX graph from its weights.

Small and shallow (n-grams of tokens, no attention), so it runs in full precision; the embeddings alone are at
eight bits, as they come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTH = 512

OPSET = 18
BRANCH = 256
SHARDS = 17
# Tokens seen by each branch, and how many of them come before the token itself.
BRANCHES = ((2, 0), (3, 1), (5, 2))

Array = npt.NDArray[Any]


class _Graph:
    """An ONNX graph being written: every call adds a node and returns the name of what it makes."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, name: str, values: Array) -> str:
        from onnx import numpy_helper

        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.array(values, order="C"), name)
        return name

    def whole(self, *values: int) -> str:
        return self.constant("whole_" + "_".join(map(str, values)), np.array(values, np.int64))

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        from onnx import helper

        made = name or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [made], made, **attributes))
        return made


def graph(weights: Mapping[str, Array], kept: Sequence[int]) -> Any:
    """Tokens in (numbered as in `kept`), unit vectors out."""
    from onnx import TensorProto, helper

    g = _Graph()
    present = g.add("Unsqueeze", g.add("Cast", "attention_mask", to=TensorProto.FLOAT), g.whole(2))
    features = _features(g, weights, _embedded(g, weights, kept), present)
    _sentence(g, weights, features, present)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("sentence_vector", TensorProto.FLOAT, ["batch", WIDTH])
    made = helper.make_graph(g.nodes, "sentence", inputs, [output], list(g.constants.values()))
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)


def _embedded(g: _Graph, weights: Mapping[str, Array], kept: Sequence[int]) -> str:
    """The embeddings are dealt to seventeen shards in turn, each with its own scale and least value."""
    from onnx import TensorProto

    table = np.stack([weights[f"q{shard + 1}"] for shard in range(SHARDS)], axis=1).reshape(-1, WIDTH)
    rows = np.asarray(kept)
    codes = g.add("Gather", g.constant("codes", table[rows]), "input_ids")
    scales = g.add("Gather", g.constant("scales", weights["scale"][rows % SHARDS, None]), "input_ids")
    lowest = g.add("Gather", g.constant("lowest", weights["lo"][rows % SHARDS, None]), "input_ids")
    return g.add("Add", g.add("Mul", g.add("Cast", codes, to=TensorProto.FLOAT), scales), lowest)


def _features(g: _Graph, weights: Mapping[str, Array], embedded: str, present: str) -> str:
    """Each token's embedding beside what its neighbours make of it, in three branches."""
    projected = _linear(g, "projection", embedded, _joined(weights, "proj"), _joined(weights, "proj_b"))
    normed = _normed(g, weights, "branches", projected, _joined(weights, "ln_g"), _joined(weights, "ln_b"))
    features = [embedded]
    for place, (seen, before) in enumerate(BRANCHES):
        bounds = g.whole(place * BRANCH), g.whole((place + 1) * BRANCH)
        hidden = g.add("Slice", normed, *bounds, g.whole(2))
        for step in (1, 2):
            window = _window(g, g.add("Mul", hidden, present), seen, before)
            name = f"{step}_{seen}"
            made = _linear(g, f"window_{name}", window, weights[f"w{name}"], weights[f"b{name}"])
            hidden = g.add("Add", g.add("Relu", made), hidden)
        features.append(hidden)
    together = g.add("Concat", *features, axis=-1)
    return _normed(g, weights, "features", together, weights["ln_g"], weights["ln_b"])


def _joined(weights: Mapping[str, Array], name: str) -> Array:
    return np.concatenate([weights[f"{name}{seen}"] for seen, _ in BRANCHES], axis=-1)


def _window(g: _Graph, hidden: str, seen: int, before: int) -> str:
    """Every token's row followed by those of its neighbours; beyond the text there are noughts."""
    padded = g.add("Pad", hidden, g.whole(0, before, 0, 0, seen - 1 - before, 0))
    length = g.add("Shape", "input_ids", start=1, end=2)
    shifted = [
        g.add("Slice", padded, g.whole(shift), g.add("Add", length, g.whole(shift)), g.whole(1))
        for shift in range(seen)
    ]
    return g.add("Concat", *shifted, axis=-1)


def _sentence(g: _Graph, weights: Mapping[str, Array], features: str, present: str) -> None:
    """The tokens' sum, divided by the root of their number, through four layers with two short cuts."""
    total = g.add("ReduceSum", g.add("Mul", features, present), g.whole(1), keepdims=0)
    count = g.add("ReduceSum", present, g.whole(1), keepdims=0)
    offsets = g.add("Mul", count, g.constant("sentence_b", weights["cnn_b"]))
    summed = g.add("Add", g.add("MatMul", total, g.constant("sentence_w", weights["cnn_W"])), offsets)
    given = g.add("Div", summed, g.add("Sqrt", count))

    def times(value: str, name: str) -> str:
        return g.add("MatMul", value, g.constant(name, weights[name]))

    first = g.add("Relu", times(given, "d0"))
    second = g.add("Relu", g.add("Add", times(given, "p1"), times(first, "d1")))
    third = g.add("Relu", times(second, "d2"))
    last = g.add("Tanh", g.add("Add", times(second, "p3"), times(third, "d3")))
    g.add("LpNormalization", last, axis=-1, p=2, name="sentence_vector")


def _linear(g: _Graph, name: str, given: str, matrix: Array, offset: Array) -> str:
    product = g.add("MatMul", given, g.constant(f"{name}_w", matrix))
    return g.add("Add", product, g.constant(f"{name}_b", offset))


def _normed(
    g: _Graph, weights: Mapping[str, Array], name: str, given: str, scale: Array, offset: Array
) -> str:
    parameters = g.constant(f"{name}_scale", scale), g.constant(f"{name}_offset", offset)
    return g.add("LayerNormalization", given, *parameters, epsilon=float(weights["eps"]), axis=-1)
