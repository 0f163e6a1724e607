import json, sys, time

try:
    import torch
except ImportError as error:
    print("curbstop: " + json.dumps({"missing": "torch", "why": str(error)}), flush=True)
    sys.exit(4)

import torch.nn as nn
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

ASKED = json.loads(sys.argv[1])
SHAPE, USE = ASKED["shape"], ASKED["use"]
ON_GPU = torch.cuda.is_available() and not ASKED["on_cpu"]
DEVICE = torch.device("cuda" if ON_GPU else "cpu")
HAS_SDPA = hasattr(F, "scaled_dot_product_attention")


def proc(field):
    for line in open("/proc/self/status"):
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    return 0


BEFORE = proc("RssAnon")  # interpreter and libraries


def held():
    return torch.cuda.memory_allocated() if ON_GPU else max(0, proc("RssAnon") - BEFORE)


def peak():
    if ON_GPU:
        return torch.cuda.max_memory_allocated()
    return max(0, proc("VmHWM") - proc("RssFile") - BEFORE)


def say(**what):
    print("curbstop: " + json.dumps(what), flush=True)


def need(package):
    try:
        return __import__(package)
    except ImportError as error:
        say(missing=package, why=str(error))
        sys.exit(4)


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        wide = x.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)
        return self.weight * wide.to(x.dtype)


class Adapted(nn.Module):
    """A frozen linear layer with an adapter of low rank beside it."""

    def __init__(self, base, rank, wide):
        super().__init__()
        self.base = base
        kind = torch.float32 if wide else base.weight.dtype
        self.a = nn.Parameter(torch.randn(rank, base.in_features, dtype=kind) * 0.01)
        self.b = nn.Parameter(torch.zeros(base.out_features, rank, dtype=kind))

    def forward(self, x):
        low = F.linear(x.to(self.a.dtype), self.a)
        return self.base(x) + F.linear(low, self.b).to(x.dtype)


def linear(inputs, outputs, bias=False):
    if USE["method"] == "full" or USE["method"] == "none" and USE["format"] == "plain":
        return nn.Linear(inputs, outputs, bias=bias)
    if USE["format"] == "nf4":
        bnb = need("bitsandbytes")
        base = bnb.nn.Linear4bit(inputs, outputs, bias=bias, compute_dtype=torch.bfloat16,
                                 quant_type="nf4", compress_statistics=USE["double_quantised"])
    elif USE["format"] == "int8":
        bnb = need("bitsandbytes")
        base = bnb.nn.Linear8bitLt(inputs, outputs, bias=bias, has_fp16_weights=False)
    else:
        base = nn.Linear(inputs, outputs, bias=bias)
    for parameter in base.parameters():
        parameter.requires_grad_(False)
    if USE["method"] == "none":
        return base
    return Adapted(base, USE["rank"], USE["format"] != "plain")


def rotate(x, positions, base=10000.0):
    half = x.shape[-1] // 2
    rates = base ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angles = positions[:, None].float() * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    one, two = x[..., :half], x[..., half:]
    return torch.cat([one * cos - two * sin, two * cos + one * sin], -1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads, self.kv_heads, self.width = SHAPE["heads"], SHAPE["kv_heads"], SHAPE["head_dim"]
        bias = SHAPE["bias"]
        self.q = linear(SHAPE["hidden"], self.heads * self.width, bias)
        self.k = linear(SHAPE["hidden"], self.kv_heads * self.width, bias)
        self.v = linear(SHAPE["hidden"], self.kv_heads * self.width, bias)
        self.o = linear(self.heads * self.width, SHAPE["hidden"])

    def forward(self, x, positions, cache):
        rows, length, _ = x.shape
        q, k, v = (part(x).view(rows, length, -1, self.width).transpose(1, 2)
                   for part in (self.q, self.k, self.v))
        q, k = rotate(q, positions), rotate(k, positions)
        if cache is not None:
            start = int(positions[0])
            cache[0][:, :, start:start + length] = k
            cache[1][:, :, start:start + length] = v
            k, v = cache[0][:, :, :start + length], cache[1][:, :, :start + length]
        if self.heads != self.kv_heads:
            k = k.repeat_interleave(self.heads // self.kv_heads, 1)
            v = v.repeat_interleave(self.heads // self.kv_heads, 1)
        causal = SHAPE["causal"] and length > 1
        if HAS_SDPA:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        else:
            scores = q @ k.transpose(2, 3) * self.width ** -0.5
            if causal:
                mask = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
                scores = scores.masked_fill(mask, float("-inf"))
            mixed = scores.float().softmax(-1).to(q.dtype) @ v
        return self.o(mixed.transpose(1, 2).reshape(rows, length, -1))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = linear(SHAPE["hidden"], SHAPE["intermediate"])
        self.gate = linear(SHAPE["hidden"], SHAPE["intermediate"]) if SHAPE["gated"] else None
        self.down = linear(SHAPE["intermediate"], SHAPE["hidden"])

    def forward(self, x):
        if self.gate is None:
            return self.down(F.gelu(self.up(x)))
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        norm = Norm if SHAPE["causal"] else nn.LayerNorm
        self.first, self.second = norm(SHAPE["hidden"]), norm(SHAPE["hidden"])
        self.attention, self.mlp = Attention(), Mlp()

    def forward(self, x, positions, cache=None):
        x = x + self.attention(self.first(x), positions, cache)
        return x + self.mlp(self.second(x))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(SHAPE["vocab"], SHAPE["hidden"])
        self.layers = nn.ModuleList()
        self.norm = Norm(SHAPE["hidden"])
        self.head = None if SHAPE["tied"] else nn.Linear(SHAPE["hidden"], SHAPE["vocab"], bias=False)

    def logits(self, x):
        return F.linear(x, self.table.weight) if self.head is None else self.head(x)

    def forward(self, tokens, positions, caches=None):
        x = self.table(tokens)
        if USE["checkpointing"] and not x.requires_grad and self.training:
            x.requires_grad_(True)
        for i, layer in enumerate(self.layers):
            if USE["checkpointing"] and self.training:
                x = checkpoint(layer, x, positions, **CHECKPOINT)
            else:
                x = layer(x, positions, None if caches is None else caches[i])
        return self.norm(x)


CHECKPOINT = {"use_reentrant": False}


def build():
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[USE["dtype"]]
    torch.set_default_dtype(kind)
    with torch.no_grad():
        model = Model().to(DEVICE)
        # Layer by layer, so that the host never holds the whole.
        for _ in range(SHAPE["layers"]):
            model.layers.append(Layer().to(DEVICE))
    torch.set_default_dtype(torch.float32)
    if USE["method"] not in ("full", "none"):
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name.endswith((".a", ".b")))
    return model


def optimizer_for(parameters):
    name = USE["optimizer"]
    if name == "adamw":
        return torch.optim.AdamW(parameters, lr=1e-5)
    if name == "sgd":
        return torch.optim.SGD(parameters, lr=1e-5, momentum=0.9)
    if name == "adafactor":
        if hasattr(torch.optim, "Adafactor"):
            return torch.optim.Adafactor(parameters, lr=1e-5)
        return need("transformers").Adafactor(parameters, lr=1e-5, relative_step=False)
    kinds = {"adamw8bit": "AdamW8bit", "paged": "PagedAdamW32bit", "lion": "Lion"}
    return getattr(need("bitsandbytes").optim, kinds[name])(parameters, lr=1e-5)


def loss_of(model, x, targets):
    pieces = 8 if USE["chunked_loss"] else 1
    total = 0
    for part, wanted in zip(x.flatten(0, 1).chunk(pieces), targets.flatten().chunk(pieces)):
        def one(part, wanted):
            return F.cross_entropy(model.logits(part).float(), wanted, reduction="sum")
        total = total + (checkpoint(one, part, wanted, **CHECKPOINT) if pieces > 1
                         else one(part, wanted))
    return total / targets.numel()


def sync():
    if ON_GPU:
        torch.cuda.synchronize()


def train(model):
    rows, length = USE["batch"], USE["sequence"]
    positions = torch.arange(length, device=DEVICE)
    optimizer = optimizer_for([p for p in model.parameters() if p.requires_grad])
    weights = held()
    model.train()
    for step in range(1, USE["steps"] + 1):
        sync()
        began = time.monotonic()
        tokens = torch.randint(SHAPE["vocab"], (rows, length + 1), device=DEVICE)
        loss = loss_of(model, model(tokens[:, :-1], positions), tokens[:, 1:])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        sync()
        report(step, rows * length, time.monotonic() - began, weights)


def generate(model):
    rows, context = USE["slots"], USE["context"]
    length = max(1, context // rows)
    weights = held()
    shape = (rows, SHAPE["kv_heads"], length, SHAPE["head_dim"])
    kind = next(p.dtype for p in model.parameters() if p.is_floating_point())
    caches = [(torch.zeros(shape, dtype=kind, device=DEVICE),
               torch.zeros(shape, dtype=kind, device=DEVICE)) for _ in range(SHAPE["layers"])]
    model.eval()
    prompt = max(1, length - USE["steps"])
    with torch.no_grad():
        tokens = torch.randint(SHAPE["vocab"], (rows, prompt), device=DEVICE)
        x = model(tokens, torch.arange(prompt, device=DEVICE), caches)
        model.logits(x[:, -1:])
        for step in range(1, USE["steps"] + 1):
            sync()
            began = time.monotonic()
            at = torch.tensor([min(prompt + step - 1, length - 1)], device=DEVICE)
            model.logits(model(tokens[:, :1], at, caches))
            sync()
            report(step, rows, time.monotonic() - began, weights)


def report(step, tokens, seconds, weights):
    figures = {"step": step, "tokens": tokens, "seconds": seconds, "allocated_bytes": peak(),
               "weights_bytes": weights, "torch": torch.__version__,
               "attention": "fused" if HAS_SDPA else "eager"}
    if ON_GPU:
        figures["reserved_bytes"] = torch.cuda.max_memory_reserved()
    say(**figures)


def main():
    torch.manual_seed(0)
    say(ready=True, device=torch.cuda.get_device_name() if ON_GPU else "cpu")
    model = build()
    (generate if USE["method"] == "none" else train)(model)


try:
    main()
except RuntimeError as error:
    words = ("out of memory", "can't allocate memory")
    if not any(word in str(error) for word in words):
        raise
    say(out_of_memory=str(error).splitlines()[0], allocated_bytes=peak())
    sys.exit(3)
except MemoryError:
    say(out_of_memory="the host's memory", allocated_bytes=peak())
    sys.exit(3)
