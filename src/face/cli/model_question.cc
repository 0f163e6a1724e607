#include "face/cli/model_question.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "face/cli/measured.h"
#include "face/cli/model_source.h"
#include "face/cli/usage.h"
#include "fit/families.h"
#include "fit/question.h"
#include "machine/calibration.h"
#include "machine/read_machine.h"

namespace curbstop {
namespace {

// Without a GPU everything lies in RAM; its speed is known once `assess --measure` has read it.
void UseCpu(const Machine& machine, const CommandContext& context, fit::FitQuestion& question) {
  question.hardware.text = machine.cpu.model;
  question.hardware.cpu_only = true;
  question.free_memory = machine.memory.available ? machine.memory.available->value : 0;
  question.here = true;
  const auto calibration = ReadCalibration(context.directories.Calibration());
  if (calibration.ok() && *calibration && (*calibration)->cpu_model == machine.cpu.model)
    question.cpu_gbps = (*calibration)->memory_gbps;
}

// The named hardware, or this machine's first GPU of its own.
Status ReadHardware(const FitOptions& options, CommandContext& context,
                    fit::FitQuestion& question) {
  if (!options.gpu.empty()) {
    TRY_ASSIGN(question.hardware, NamedHardware(options));
    return {};
  }
  TRY_ASSIGN(const Machine machine, ReadMachine("/", context.processes, ReadDepth::kForPlanning));
  for (const Gpu& gpu : machine.gpus) {
    if (gpu.built_in || !gpu.memory_total) continue;
    question.hardware = fit::UnderstandHardware(gpu.name, BundledAccelerators());
    question.hardware.memory = gpu.memory_total->value;
    question.free_memory = gpu.memory_free ? gpu.memory_free->value : 0;
    question.here = true;
    return {};
  }
  UseCpu(machine, context, question);
  return {};
}

// A file of an unknown network is what it is.
Status CheckNetworkOptions(const FitOptions& options) {
  const std::string& engine = options.engine;
  if (options.Gave("--engine") && engine != "onnxruntime" && engine != "transformers")
    return InvalidInput(
               fmt::format("`--engine {}` runs language models, and `{}` is of another kind",
                           Printable(engine), Printable(options.model)))
        .WithHint("leave `--engine` out");
  if (options.quant.empty()) return {};
  return InvalidInput(fmt::format("`--quant {}`: only a header is known of `{}`, no layers to put "
                                  "into another format",
                                  Printable(options.quant), Printable(options.model)))
      .WithHint("name the file in that format");
}

// The file's own shape and tensors, else the family table's and the format that is named.
Status ReadModel(const FitOptions& options, CommandContext& context, fit::FitQuestion& question) {
  if (options.shape) {
    question.shape = *options.shape;
  } else if (IsModelSource(options.model, context)) {
    TRY_ASSIGN(fit::ModelFile file, ReadModelSource(options.model, context));
    question.shape = std::move(file.shape);
    question.format = std::move(file.format);
    question.network.values = file.values;
    if (question.shape.kind == fit::ModelKind::kNetwork) return CheckNetworkOptions(options);
    // Training starts from the weights in the method's own format.
    if (options.quant.empty() && options.method.empty()) return {};
  } else {
    TRY_ASSIGN(question.shape, fit::BundledFamilies().Understand(options.model, 0));
  }
  TRY_ASSIGN(const fit::Ask ask, AskOf(options));
  TRY_ASSIGN(question.format, fit::FormatOf(ask));
  return {};
}

// The engine that loads what the model's file holds, where none is named.
std::string EngineFor(const FitOptions& options, const fit::FitQuestion& question) {
  const bool is_file = question.format.stored_bytes > 0;
  if (options.Gave("--engine") || !is_file || !options.quant.empty()) return options.engine;
  return Lower(question.shape.id).ends_with(".onnx") ? "onnxruntime" : "transformers";
}

// What a model for tables does not have.
Status RefuseModelOptions(const FitOptions& options) {
  constexpr std::string_view kTaken[] = {"MODEL",      "--rows",   "--columns", "--trees",
                                         "--clusters", "--depth",  "--classes", "--memory",
                                         "--quant",    "--explain"};
  for (const std::string& given : options.given) {
    if (std::find(std::begin(kTaken), std::end(kTaken), given) != std::end(kTaken)) continue;
    return InvalidInput(fmt::format("`{}` means nothing for a model for tables", given))
        .WithHint(
            "it runs on the CPU; `--rows`, `--columns`, `--trees`, `--clusters`, `--classes`, "
            "`--depth`, `--quant float32` and `--memory` tell all of it");
  }
  return {};
}

Status RefuseTableOptions(const FitOptions& options) {
  for (const char* option :
       {"--rows", "--columns", "--trees", "--clusters", "--classes", "--depth", "--memory"}) {
    if (!options.Gave(option)) continue;
    return InvalidInput(fmt::format("`{}` belongs to models for tables", option))
        .WithHint("for example `random-forest`; they are " + Join(fit::TableFamilyNames(), ", "));
  }
  return {};
}

// As `--tokens`, and thousands as well: "100k".
Result<int64_t> TableCount(const std::string& text, const char* option) {
  if (text.empty())
    return InvalidInput(fmt::format("`{}` is not given; a model for tables needs it", option))
        .WithHint("for example `--rows 100k --columns 50`");
  const bool thousands = text.size() > 1 && (text.back() == 'k' || text.back() == 'K');
  if (!thousands) return fit::CountOfWords(text, option);
  TRY_ASSIGN(const int64_t count, fit::CountOfWords(text.substr(0, text.size() - 1), option));
  if (count < 1'000'000'000) return count * 1000;
  return InvalidInput(
      fmt::format("`{}` is `{}`, more than any table has", option, Printable(text)));
}

Result<fit::TableUse> ReadTable(fit::TableFamily family, const FitOptions& options) {
  fit::TableUse use{.family = family};
  TRY_ASSIGN(use.rows, TableCount(options.rows, "--rows"));
  TRY_ASSIGN(use.columns, TableCount(options.columns, "--columns"));
  const std::string type = Lower(options.quant);
  use.single = type == "float32" || type == "fp32" || type == "f32";
  if (!use.single && !type.empty() && type != "float64" && type != "fp64" && type != "f64")
    return InvalidInput(fmt::format("`--quant` is `{}`, expected float64 or float32 of a table",
                                    Printable(options.quant)));
  use.trees = options.trees;
  use.clusters = options.clusters;
  use.classes = options.classes;
  use.depth = options.depth;
  return use;
}

// On the CPU, against this computer's RAM or the memory named.
Result<fit::FitQuestion> ReadTableQuestion(fit::TableFamily family, const FitOptions& options,
                                           CommandContext& context) {
  TRY(RefuseModelOptions(options));
  fit::FitQuestion question;
  question.task = fit::Task::kTable;
  TRY_ASSIGN(question.table, ReadTable(family, options));
  if (!options.memory.empty()) {
    TRY_ASSIGN(const Bytes memory, ParseBytes(options.memory));
    question.hardware.memory = memory.value;
    question.hardware.cpu_only = true;
    return question;
  }
  TRY_ASSIGN(const Machine machine, ReadMachine("/", context.processes, ReadDepth::kForPlanning));
  UseCpu(machine, context, question);
  return question;
}

}  // namespace

Result<fit::Ask> AskOf(const FitOptions& options) {
  fit::Ask ask{.name = options.model,
               .method = options.method,
               .engine = options.engine,
               .quant = options.quant,
               .cache_type = options.cache_type,
               .optimizer = options.optimizer,
               .checkpointing = options.checkpointing,
               .context = options.context,
               .slots = options.slots,
               .sequence = options.sequence,
               .batch = options.batch,
               .accumulation = options.accumulation,
               .rank = options.rank,
               .image = options.image,
               .sharding = options.sharding,
               .chunked_loss = options.chunked_loss,
               .optimizer_in_backward = options.optimizer_in_backward,
               .cpu_offload = options.cpu_offload,
               .mixed_precision = options.mixed_precision};
  if (!options.tokens.empty()) {
    TRY_ASSIGN(ask.tokens, fit::CountOfWords(options.tokens, "--tokens"));
  }
  if (!options.images.empty()) {
    TRY_ASSIGN(ask.images, fit::CountOfWords(options.images, "--images"));
  }
  return ask;
}

void TakeAsk(const fit::Ask& ask, FitOptions& options) {
  const auto take = [&](const char* option, const auto& from, auto& into) {
    if (!options.Gave(option)) into = from;
  };
  options.model = ask.name;
  take("--method", ask.method, options.method);
  take("--engine", ask.engine, options.engine);
  take("--quant", ask.quant, options.quant);
  take("--cache-type", ask.cache_type, options.cache_type);
  take("--optimizer", ask.optimizer, options.optimizer);
  take("--checkpointing", ask.checkpointing, options.checkpointing);
  take("--context", ask.context, options.context);
  take("--slots", ask.slots, options.slots);
  take("--sequence", ask.sequence, options.sequence);
  take("--batch", ask.batch, options.batch);
  take("--rank", ask.rank, options.rank);
  take("--sharding", ask.sharding, options.sharding);
  take("--chunked-loss", ask.chunked_loss, options.chunked_loss);
  take("--cpu-offload", ask.cpu_offload, options.cpu_offload);
  take("--mixed-precision", ask.mixed_precision, options.mixed_precision);
  take("--image", ask.image, options.image);
  if (ask.tokens > 0) take("--tokens", std::to_string(ask.tokens), options.tokens);
  if (ask.images > 0) take("--images", std::to_string(ask.images), options.images);
}

Result<fit::Hardware> NamedHardware(const FitOptions& options) {
  const AcceleratorCatalogue& catalogue = BundledAccelerators();
  fit::Hardware hardware = fit::UnderstandHardware(options.gpu, catalogue);
  if (hardware.accelerator != nullptr || hardware.memory > 0) return hardware;
  return NotFound(fmt::format("accelerator `{}` is not in the catalogue{}", Printable(options.gpu),
                              catalogue.DidYouMeanName(options.gpu)));
}

Result<fit::FitQuestion> ReadFitQuestion(const FitOptions& options, CommandContext& context) {
  const auto family = fit::TableFamilyOf(options.model);
  if (family) return ReadTableQuestion(*family, options, context);
  TRY(RefuseTableOptions(options));
  fit::FitQuestion question;
  TRY(ReadModel(options, context, question));
  TRY(ReadHardware(options, context, question));
  TRY_ASSIGN(fit::Ask ask, AskOf(options));
  ask.engine = EngineFor(options, question);
  TRY(fit::PutWords(ask, question));
  fit::PutOn(question.hardware, question);
  question.llama.build = options.build;
  question.llama.flash_attention = !options.no_flash;
  question.llama.gpu_layers = options.gpu_layers;
  question.llama.experts_in_ram = options.experts_in_ram;
  question.llama.cache.ubatch = question.tensor.cache.ubatch = options.ubatch;
  question.measured = fit::KnownOf(KnownRuns(context));
  return question;
}

}  // namespace curbstop
