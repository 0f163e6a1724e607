// `curbstop model fit MODEL`: will it fit, how fast, how sure; `--verify FILE` holds the answers
// against published measurements.
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/model_ladder.h"
#include "face/cli/model_log.h"
#include "face/cli/model_probe.h"
#include "face/cli/model_question.h"
#include "face/cli/usage.h"
#include "fit/answer.h"
#include "fit/search.h"
#include "fit/verify.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kMostContext = int64_t{1} << 36;

using Options = FitOptions;

Status Verify(const Options& options, CommandContext& context) {
  TRY_ASSIGN(const std::string text, ReadFile(context.folder / options.verify));
  TRY_ASSIGN(const std::vector<fit::TruthRow> rows, fit::ReadTruth(text, options.verify));
  const fit::Verification found =
      options.calibrate > 0 ? fit::VerifyCalibrated(rows, options.calibrate) : fit::Verify(rows);
  context.out.Answer(fit::VerificationJson(found), fit::VerificationText(found));
  return {};
}

Status AnswerTechniques(const Options& options, const fit::FitQuestion& question,
                        CommandContext& context) {
  TRY_ASSIGN(const fit::TechniqueSearch search, fit::SearchTechniques(question, options.given));
  context.out.Answer(fit::SearchJson(search), fit::SearchText(search, options.explain));
  if (search.fitting == 0) context.exit_code = ExitCodeOf(ErrorKind::kNo);
  return {};
}

Status AnswerLargest(const Options& options, const fit::FitQuestion& question,
                     CommandContext& context) {
  if (question.Available() <= 0)
    return InvalidInput("there is no memory to compare with").WithHint("name a GPU with `--gpu`");
  if (options.max_context &&
      (question.task == fit::Task::kImages || question.task == fit::Task::kNetwork))
    return InvalidInput("`--max-context`: this model has no context")
        .WithHint("`--max-batch` tells how many inputs at once fit");
  const char* name = options.max_context ? "max_context" : "max_batch";
  const int64_t most =
      options.max_context ? fit::LargestContext(question) : fit::LargestBatch(question);
  context.out.Answer(Json::MakeObject({{name, most}}), fmt::format("{}\n", most));
  if (most == 0) context.exit_code = ExitCodeOf(ErrorKind::kNo);
  return {};
}

Status CheckProbeOptions(const Options& options) {
  for (const char* option : {"--step", "--python", "--probe-limit", "COMMAND"}) {
    if (options.probe || !options.Gave(option)) continue;
    return InvalidInput(fmt::format("`{}` belongs to `--probe`", option));
  }
  return {};
}

Status Run(const Options& options, CommandContext& context) {
  if (!options.verify.empty() && !options.model.empty()) {
    return InvalidInput("`--verify` takes a file of measurements and no model")
        .WithHint("leave MODEL out");
  }
  if (options.remember && options.from_log.empty())
    return InvalidInput("`--remember` keeps what a log measured, and there is no `--from-log`")
        .WithHint("what `--probe` measures is kept anyway");
  TRY(CheckProbeOptions(options));
  if (options.calibrate > 0 && options.verify.empty())
    return InvalidInput("`--calibrate` belongs to `--verify FILE`");
  if (!options.offers.empty() && !options.ladder)
    return InvalidInput("`--offers` belongs to `--ladder`");
  if (!options.verify.empty()) return Verify(options, context);
  if (!options.from_log.empty()) return FitFromLog(options, context);
  if (options.probe) return FitProbe(options, context);
  if (options.model.empty()) {
    return InvalidInput("no model is named")
        .WithHint("for example `curbstop model fit qwen2.5-7b --gpu RTX-3080`");
  }
  if (!options.technique.empty() && options.technique != "auto") {
    return InvalidInput(
        fmt::format("`--technique` is `{}`, expected `auto`", Printable(options.technique)));
  }
  if (options.ladder) return FitLadder(options, context);
  TRY_ASSIGN(const fit::FitQuestion question, ReadFitQuestion(options, context));
  if (options.max_context || options.max_batch) return AnswerLargest(options, question, context);
  if (!options.technique.empty()) return AnswerTechniques(options, question, context);
  TRY_ASSIGN(const fit::FitAnswer answer, fit::AnswerFit(question));
  context.out.Answer(fit::FitJson(answer), fit::FitText(answer, options.explain));
  if (answer.estimate.verdict == fit::Verdict::kNo) context.exit_code = ExitCodeOf(ErrorKind::kNo);
  return {};
}

void AddInferenceOptions(CLI::App& command, Options& options) {
  command
      .add_option("--engine", options.engine,
                  "llama.cpp, vllm, transformers, exllama, mlx, onnxruntime")
      ->type_name("NAME");
  ExpectWholeNumber(
      *command.add_option("--context", options.context, "Tokens in the cache, over all slots"), 1,
      kMostContext);
  ExpectWholeNumber(*command.add_option("--slots", options.slots, "Sequences at once"), 1, 4096);
  ExpectWholeNumber(
      *command.add_option("--ubatch", options.ubatch, "Prompt tokens computed at once"), 1,
      1 << 20);
  command.add_option("--cache-type", options.cache_type, "Cache: f16, q8_0, q5_1, q4_0, fp8")
      ->type_name("TYPE");
  ExpectWholeNumber(
      *command.add_option("--gpu-layers", options.gpu_layers, "Layers on the GPU, the rest in RAM"),
      0, 1 << 16);
  command.add_flag("--experts-in-ram", options.experts_in_ram,
                   "Keep the experts of a mixture in RAM");
  command.add_flag("--no-flash-attention", options.no_flash, "Without flash attention");
  ExpectWholeNumber(
      *command.add_option("--build", options.build, "llama.cpp's build number; none: today's"), 1,
      1'000'000);
}

void AddProbeOptions(CLI::App& command, Options& options) {
  command.add_flag("--probe", options.probe,
                   "Run three real steps on this computer and measure them");
  command
      .add_option("--step", options.step,
                  "With --probe: the command and model of this step of curbstop.yaml")
      ->type_name("NAME");
  command
      .add_option("--python", options.python,
                  "With --probe: runs the script made for it, default python3")
      ->type_name("PROGRAM");
  ExpectWholeNumber(*command.add_option("--probe-limit", options.probe_limit,
                                        "With --probe: minutes until it is ended, default 10"),
                    1, 1440);
  command.add_option("COMMAND", options.command,
                     "With --probe, after `--`: your script instead of one made for it");
}

void AddTrainingOptions(CLI::App& command, Options& options) {
  command.add_option("--method", options.method, "Train instead: full, lora, qlora, dora, qdora")
      ->type_name("METHOD");
  ExpectWholeNumber(
      *command.add_option("--sequence", options.sequence, "Tokens of a training sequence"), 1,
      int64_t{1} << 30);
  ExpectWholeNumber(*command.add_option("--batch", options.batch, "Sequences of a micro-batch"), 1,
                    1 << 20);
  ExpectWholeNumber(*command.add_option("--accumulate", options.accumulation,
                                        "Micro-batches of one optimizer step"),
                    1, 1 << 20);
  ExpectWholeNumber(
      *command.add_option("--image", options.image, "Convolutional models: pixels of a side"), 32,
      4096);
  ExpectWholeNumber(*command.add_option("--rank", options.rank, "Rank of the adapters"), 1,
                    1 << 16);
  command
      .add_option("--optimizer", options.optimizer, "adamw, adamw8bit, paged, adafactor, sgd, lion")
      ->type_name("NAME");
  command
      .add_option("--checkpointing", options.checkpointing, "Of activations: none, selective, full")
      ->type_name("KIND");
  command.add_flag("--chunked-loss", options.chunked_loss,
                   "Compute the loss in parts, without all logits");
  command
      .add_option("--sharding", options.sharding,
                  "Over several GPUs: none, zero1, zero2, zero3 (fsdp)")
      ->type_name("KIND");
  command.add_flag("--optimizer-in-backward", options.optimizer_in_backward,
                   "Update each layer as soon as its gradients are there");
  command.add_flag("--cpu-offload", options.cpu_offload, "Weights and states wait in RAM");
  command.add_flag("--mixed-precision", options.mixed_precision,
                   "32-bit weights, gradients and states, 16-bit arithmetic");
  command
      .add_option("--tokens", options.tokens,
                  "Train on so many, or write them (40M): tells the time")
      ->type_name("N");
  command
      .add_option("--images", options.images,
                  "Models that read images: work through so many (1.28M): tells the time")
      ->type_name("N");
}

}  // namespace

void AddTableOptions(CLI::App& command, Options& options) {
  command.add_option("--rows", options.rows, "Models for tables: rows (100k)")->type_name("N");
  command.add_option("--columns", options.columns, "Models for tables: columns")->type_name("N");
  ExpectWholeNumber(
      *command.add_option("--trees", options.trees, "Of forests; rounds of boosting; default 100"),
      1, 1'000'000);
  ExpectWholeNumber(*command.add_option("--clusters", options.clusters, "Of k-means; default 8"), 1,
                    1'000'000);
  ExpectWholeNumber(*command.add_option("--classes", options.classes, "To tell apart; default 2"),
                    2, 1'000'000);
  ExpectWholeNumber(*command.add_option("--depth", options.depth, "Of trees, at most"), 1, 1000);
  command
      .add_option("--memory", options.memory,
                  "Models for tables: compare with so much RAM (16 GiB), not this computer's")
      ->type_name("SIZE");
}

Action AddModelFit(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("fit", "Tell whether a model fits a GPU, how fast, how sure");
  command->add_option("MODEL", options->model,
                      "A family and size (qwen2.5-7b), a file, a folder or an address");
  command->add_option("--quant", options->quant, "Weight format: Q4_K_M, bf16, nf4, ...")
      ->type_name("FORMAT");
  command->add_option("--gpu", options->gpu, "GPU NAME[:N] instead of this computer's")
      ->type_name("NAME");
  AddInferenceOptions(*command, *options);
  AddTrainingOptions(*command, *options);
  AddTableOptions(*command, *options);
  AddProbeOptions(*command, *options);
  command->add_option("--technique", options->technique, "auto: search all that fit and none beats")
      ->type_name("KIND");
  command->add_flag("--ladder", options->ladder,
                    "The smaller models to train first, with time and cost of each");
  command
      ->add_option("--offers", options->offers,
                   "With --ladder: prices from this CSV file instead of the bundled ones")
      ->type_name("FILE");
  command->add_flag("--max-context", options->max_context, "The largest context that fits");
  command->add_flag("--max-batch", options->max_batch,
                    "The largest micro-batch, or slots, that fit");
  command->add_flag("--explain", options->explain, "Add bytes, evidence and source of each part");
  command->add_option("--verify", options->verify, "Compare with the measurements in a CSV file")
      ->type_name("FILE");
  ExpectWholeNumber(*command->add_option("--calibrate", options->calibrate,
                                         "With --verify: so many other rows of a device teach"),
                    1, 100);
  command
      ->add_option("--from-log", options->from_log,
                   "Compare with a log: llama.cpp, ollama, llama-bench, PyTorch's memory")
      ->type_name("FILE");
  command->add_flag("--remember", options->remember,
                    "Keep what the log measured, for later estimates of its GPU");
  return [options, command](CommandContext& context) {
    for (const CLI::Option* option : command->get_options()) {
      if (option->count() > 0) options->given.insert(option->get_name());
    }
    return Run(*options, context);
  };
}

}  // namespace curbstop
