# peer: headers
"""Model files that the formats' own libraries write and read: our sizes are theirs."""

import json
import pathlib
import struct
import subprocess

import gguf
import magika
import numpy
import onnx
import pytest
import safetensors.numpy

LAYERS, WIDTH, HEADS, KV_HEADS, MLP, VOCAB = 2, 256, 4, 2, 512, 96
SHAPES = {"attn_q": (WIDTH, WIDTH), "attn_k": (WIDTH // 2, WIDTH), "attn_v": (WIDTH // 2, WIDTH), "attn_output": (WIDTH, WIDTH),
          "ffn_gate": (MLP, WIDTH), "ffn_up": (MLP, WIDTH), "ffn_down": (WIDTH, MLP)}


@pytest.fixture
def fit(home):
    def ask(path, *options, code=0):
        done = subprocess.run(["curbstop", "model", "fit", str(path), "--gpu", "RTX-3080", "--json", *options], env=home,
                              capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)
    return ask


def write_gguf(path, kind):
    """A small llama whose matrices are of one type, by the gguf library."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("small")
    writer.add_block_count(LAYERS)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(MLP)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_context_length(2048)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([f"token{i}" for i in range(VOCAB)])
    random = numpy.random.default_rng(1)

    def add(name, shape):
        data = random.standard_normal(shape, dtype=numpy.float32)
        writer.add_tensor(name, gguf.quants.quantize(data, kind) if len(shape) == 2 else data,
                          raw_dtype=kind if len(shape) == 2 else None)

    add("token_embd.weight", (VOCAB, WIDTH))
    for layer in range(LAYERS):
        for name, shape in SHAPES.items():
            add(f"blk.{layer}.{name}.weight", shape)
        add(f"blk.{layer}.attn_norm.weight", (WIDTH,))
        add(f"blk.{layer}.ffn_norm.weight", (WIDTH,))
    add("output_norm.weight", (WIDTH,))
    add("output.weight", (VOCAB, WIDTH))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize("kind", ["F16", "Q8_0", "Q4_0", "Q5_1", "Q5_0", "MXFP4"])
def test_gguf_sizes_are_those_of_the_library(tmp_path, fit, kind):
    path = tmp_path / "small.gguf"
    write_gguf(path, gguf.GGMLQuantizationType[kind])
    tensors = gguf.GGUFReader(path).tensors
    found = fit(path)
    assert found["model"] == "small"
    assert found["parameters"] == sum(int(tensor.n_elements) for tensor in tensors)
    weights = {part["device"]: part["mid"] for part in found["components"] if part["name"] == "weights"}
    assert weights["gpu0"] + weights["host"] == sum(int(tensor.n_bytes) for tensor in tensors)
    assert weights["host"] == next(int(tensor.n_bytes) for tensor in tensors if tensor.name == "token_embd.weight")


def test_a_cut_gguf_is_refused_with_the_offset(tmp_path, fit):
    path = tmp_path / "small.gguf"
    write_gguf(path, gguf.GGMLQuantizationType.Q8_0)
    path.write_bytes(path.read_bytes()[:500])
    error = fit(path, code=8)["error"]
    assert error["kind"] == "corrupt" and "offset" in error["message"]


def test_safetensors_count_as_the_library_says(tmp_path, fit):
    tensors = {f"w{i}": numpy.zeros((i + 1, 64), dtype=numpy.float16) for i in range(20)}
    safetensors.numpy.save_file(tensors, tmp_path / "loose.safetensors", metadata={"format": "pt"})
    found = fit(tmp_path / "loose.safetensors")
    assert found["parameters"] == sum(tensor.size for tensor in tensors.values())


def test_a_safetensors_header_beyond_the_file_is_refused(tmp_path, fit):
    (tmp_path / "bad.safetensors").write_bytes(struct.pack("<Q", 1 << 62) + b"{}")
    assert "offset" in fit(tmp_path / "bad.safetensors", code=8)["error"]["message"]


def test_a_real_onnx_model_counts_as_the_library_says(fit):
    path = next(pathlib.Path(magika.__file__).parent.glob("models/*/model.onnx"))
    model = onnx.load(path)
    count = sum(int(numpy.prod(tensor.dims, dtype=numpy.int64)) for tensor in model.graph.initializer)
    assert count > 10_000
    assert fit(path)["parameters"] == count


def small_network(path, inferred):
    """Convolution, ReLU, a mean and a matrix, for any number of images; with the library's own sizes or without."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    weights = {"k": (16, 3, 3, 3), "m": (16, 10)}
    nodes = [helper.make_node("Conv", ["x", "k"], ["c"], pads=[1, 1, 1, 1]), helper.make_node("Relu", ["c"], ["r"]),
             helper.make_node("GlobalAveragePool", ["r"], ["p"]), helper.make_node("Flatten", ["p"], ["f"]),
             helper.make_node("MatMul", ["f", "m"], ["y"])]
    graph = helper.make_graph(
        nodes, "small", [helper.make_tensor_value_info("x", kind, ["n", 3, 32, 32])],
        [helper.make_tensor_value_info("y", kind, ["n", 10])],
        [onnx.numpy_helper.from_array(numpy.ones(shape, numpy.float32), name) for name, shape in weights.items()])
    model = helper.make_model(graph)
    onnx.save(onnx.shape_inference.infer_shapes(model) if inferred else model, path)
    return 4 * sum(int(numpy.prod(shape)) for shape in weights.values())


def part_of(found, name):
    return next(part for part in found["components"] if part["name"] == name)


def test_an_unknown_onnx_network_is_as_large_as_its_header_says(tmp_path, fit):
    weights = small_network(tmp_path / "small.onnx", inferred=True)
    one, image = 4 * 16 * 32 * 32, 4 * 3 * 32 * 32
    values = 2 * one + 4 * (16 + 16 + 10)
    found = fit(tmp_path / "small.onnx", "--batch", "8")
    assert (part_of(found, "weights")["mid"], part_of(found, "weights")["evidence"]) == (weights, "exact")
    kept = part_of(found, "activations")
    assert (kept["low"], kept["high"], kept["evidence"]) == (8 * one, 8 * (image + values), "formula")
    trained = fit(tmp_path / "small.onnx", "--batch", "8", "--method", "full")
    assert part_of(trained, "optimizer states")["mid"] == 2 * weights
    assert part_of(trained, "activations")["low"] < 8 * values < part_of(trained, "activations")["high"]
    assert "tokens_per_second" not in trained


def test_without_sizes_in_its_header_the_interval_is_wide(tmp_path, fit):
    small_network(tmp_path / "bare.onnx", inferred=False)
    bare = part_of(fit(tmp_path / "bare.onnx"), "activations")
    assert bare["evidence"] == "guess: 1 of 5 sizes in the header"  # the output's own
    assert bare["high"] > 10 * max(1, bare["low"])


def test_kernels_without_a_configuration_are_no_model_of_text(tmp_path, fit):
    tensors = {"conv.weight": numpy.ones((8, 3, 3, 3), numpy.float32), "head.weight": numpy.ones((10, 8), numpy.float32)}
    safetensors.numpy.save_file(tensors, tmp_path / "net.safetensors")
    found = fit(tmp_path / "net.safetensors", "--method", "full")
    assert found["parameters"] == 8 * 27 + 80
    assert part_of(found, "activations")["evidence"].startswith("guess") and "tokens_per_second" not in found
    assert fit(tmp_path / "net.safetensors", "--method", "lora", code=2)["error"]["kind"] == "invalid_input"
    assert fit(tmp_path / "net.safetensors", "--tokens", "1M", code=2)["error"]["kind"] == "invalid_input"
