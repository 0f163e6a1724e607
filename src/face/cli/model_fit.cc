// `curbstop model fit MODEL`: will it fit, how fast, how sure; `--verify FILE` holds the answers
// against published measurements.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/model_file.h"
#include "face/cli/usage.h"
#include "fit/answer.h"
#include "fit/changes.h"
#include "fit/families.h"
#include "fit/verify.h"
#include "machine/read_machine.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kMostContext = int64_t{1} << 36;

struct Options {
  std::string model;
  std::string quant;
  std::string gpu;
  std::string engine = "llama.cpp";
  std::string cache_type = "f16";
  std::string verify;
  std::string technique;
  int64_t context = 4096;
  int64_t ubatch = 512;
  int64_t slots = 1;
  int64_t gpu_layers = -1;
  int64_t build = 0;
  bool no_flash = false;
  bool experts_in_ram = false;

  std::string method;
  std::string optimizer = "adamw";
  std::string checkpointing = "full";
  std::string tokens;
  int64_t sequence = 2048;
  int64_t batch = 1;
  int64_t rank = 16;
  bool chunked_loss = false;

  bool max_context = false;
  bool max_batch = false;
  bool explain = false;
};

template <typename Value>
struct Choice {
  std::string_view name;
  Value value;
};

// Errors: kInvalidInput with what is allowed.
template <typename Value, size_t N>
Result<Value> Choose(std::string_view option, const std::string& given,
                     const Choice<Value> (&choices)[N]) {
  std::vector<std::string> names;
  for (const Choice<Value>& choice : choices) {
    if (choice.name == given) return choice.value;
    names.emplace_back(choice.name);
  }
  return InvalidInput(fmt::format("`{}` is `{}`, expected one of: {}{}", option, Printable(given),
                                  Join(names, ", "), DidYouMean(given, names)));
}

constexpr Choice<fit::Optimizer> kOptimizers[] = {
    {"adamw", fit::Optimizer::kAdamW},      {"adamw8bit", fit::Optimizer::kAdamW8bit},
    {"paged", fit::Optimizer::kPagedAdamW}, {"adafactor", fit::Optimizer::kAdafactor},
    {"sgd", fit::Optimizer::kSgdMomentum},  {"lion", fit::Optimizer::kLion}};
constexpr Choice<fit::Checkpointing> kCheckpointing[] = {
    {"none", fit::Checkpointing::kNone},
    {"selective", fit::Checkpointing::kSelective},
    {"full", fit::Checkpointing::kFull}};
constexpr Choice<fit::Task> kEngines[] = {{"llama.cpp", fit::Task::kLlamaCpp},
                                          {"vllm", fit::Task::kVllm}};

struct MethodFacts {
  fit::Method method;
  std::string_view format;
};
constexpr Choice<MethodFacts> kMethods[] = {{"full", {fit::Method::kFull, "bf16"}},
                                            {"lora", {fit::Method::kLora, "bf16"}},
                                            {"qlora", {fit::Method::kLora, "nf4-dq"}}};

Status Verify(const Options& options, CommandContext& context) {
  TRY_ASSIGN(const std::string text, ReadFile(context.folder / options.verify));
  TRY_ASSIGN(const std::vector<fit::TruthRow> rows, fit::ReadTruth(text, options.verify));
  const fit::Verification found = fit::Verify(rows);
  context.out.Answer(fit::VerificationJson(found), fit::VerificationText(found));
  return {};
}

// The named hardware, or this machine's first GPU of its own.
Status ReadHardware(const Options& options, CommandContext& context, fit::FitQuestion& question) {
  const AcceleratorCatalogue& catalogue = BundledAccelerators();
  if (!options.gpu.empty()) {
    question.hardware = fit::UnderstandHardware(options.gpu, catalogue);
    if (question.hardware.accelerator != nullptr || question.hardware.memory > 0) return {};
    return NotFound(fmt::format("accelerator `{}` is not in the catalogue{}",
                                Printable(options.gpu), catalogue.DidYouMeanName(options.gpu)));
  }
  TRY_ASSIGN(const Machine machine, ReadMachine("/", context.processes, ReadDepth::kForPlanning));
  for (const Gpu& gpu : machine.gpus) {
    if (gpu.built_in || !gpu.memory_total) continue;
    question.hardware = fit::UnderstandHardware(gpu.name, catalogue);
    question.hardware.memory = gpu.memory_total->value;
    question.free_memory = gpu.memory_free ? gpu.memory_free->value : 0;
    return {};
  }
  return {};
}

// "40M", "2.5e9", "1B".
Result<int64_t> TokensOf(const std::string& text) {
  if (text.empty()) return int64_t{0};
  double count = fit::SizeOfPart(Lower(text));
  if (count == 0 && IsDigits(text) && text.size() < 18) count = std::stod(text);
  if (count >= 1 && count < 1e17) return std::llround(count);
  return InvalidInput(fmt::format(
      "`--tokens` is `{}`, expected a number such as `40M`, `1.5B` or `2000000`", Printable(text)));
}

Status ReadTraining(const Options& options, fit::FitQuestion& question) {
  TRY_ASSIGN(const MethodFacts method, Choose("--method", options.method, kMethods));
  TRY_ASSIGN(question.training.optimizer, Choose("--optimizer", options.optimizer, kOptimizers));
  TRY_ASSIGN(question.training.checkpointing,
             Choose("--checkpointing", options.checkpointing, kCheckpointing));
  TRY_ASSIGN(question.tokens, TokensOf(options.tokens));
  if (options.quant.empty()) {
    TRY_ASSIGN(question.format, fit::UnderstandFormat(method.format));
  }
  question.task = fit::Task::kTraining;
  fit::TrainingUse& use = question.training;
  use.method = method.method;
  use.sequence = options.sequence;
  use.batch = options.batch;
  use.rank = options.rank;
  use.chunked_loss = options.chunked_loss;
  use.gpus = question.hardware.count;
  use.sharding = use.gpus > 1 ? fit::Sharding::kZero3 : fit::Sharding::kNone;
  use.includes_context = true;
  return {};
}

Status ReadInference(const Options& options, fit::FitQuestion& question) {
  TRY_ASSIGN(question.task, Choose("--engine", options.engine, kEngines));
  const auto cache_type = fit::CacheTypeOfName(options.cache_type);
  if (!cache_type) {
    return InvalidInput(
        fmt::format("`--cache-type` is `{}`, expected `f16`, `q8_0`, `q5_1`, `q4_0` or `fp8`",
                    Printable(options.cache_type)));
  }
  if (question.task == fit::Task::kVllm && options.quant.empty()) {
    TRY_ASSIGN(question.format, fit::UnderstandFormat("bf16"));
  }
  question.llama.build = options.build;
  question.llama.flash_attention = !options.no_flash;
  question.llama.gpus = question.hardware.count;
  question.llama.gpu_layers = options.gpu_layers;
  question.llama.experts_in_ram = options.experts_in_ram;
  question.llama.metal = question.hardware.unified;
  question.llama.cache = {.context = options.context,
                          .slots = options.slots,
                          .ubatch = options.ubatch,
                          .k = *cache_type,
                          .v = *cache_type};
  question.vllm.tensor_parallel = question.hardware.count;
  question.vllm.max_model_len = options.context;
  question.vllm.fp8_cache = options.cache_type == "fp8";
  return {};
}

// The file's own shape and tensors, else the family table's and the format that is named.
Status ReadModel(const Options& options, CommandContext& context, fit::FitQuestion& question) {
  if (IsModelFile(context.folder, options.model)) {
    TRY_ASSIGN(ModelFile file, ReadModelFile(context.folder / options.model));
    question.shape = std::move(file.shape);
    question.format = std::move(file.format);
    if (options.quant.empty()) return {};
  } else {
    TRY_ASSIGN(question.shape, fit::BundledFamilies().Understand(options.model, 0));
  }
  const auto named = fit::FormatInName(options.model);
  if (options.quant.empty() && named) {
    question.format = *named;
    return {};
  }
  TRY_ASSIGN(question.format,
             fit::UnderstandFormat(options.quant.empty() ? "Q4_K_M" : options.quant));
  return {};
}

Result<fit::FitQuestion> ReadQuestion(const Options& options, CommandContext& context) {
  fit::FitQuestion question;
  TRY(ReadModel(options, context, question));
  TRY(ReadHardware(options, context, question));
  TRY(fit::CheckIsBuilt(question.shape, options.method.empty()));
  if (options.method.empty()) {
    TRY(ReadInference(options, question));
  } else {
    TRY(ReadTraining(options, question));
  }
  return question;
}

Status AnswerTechniques(const fit::FitQuestion& question, CommandContext& context) {
  const std::vector<fit::Technique> found = fit::TechniquesFor(question);
  Json list = Json::MakeArray();
  std::string text;
  for (const fit::Technique& one : found) {
    Json object = fit::FitJson(one.answer);
    object.Set("technique", one.text);
    list.Push(std::move(object));
    text += one.text + "\n" + fit::FitText(one.answer, false);
  }
  if (found.empty()) text = "nothing that is tried fits\n";
  context.out.Answer(Json::MakeObject({{"techniques", list}}), text);
  if (found.empty()) context.exit_code = ExitCodeOf(ErrorKind::kNo);
  return {};
}

Status AnswerLargest(const Options& options, const fit::FitQuestion& question,
                     CommandContext& context) {
  if (question.Available() <= 0)
    return InvalidInput("there is no memory to compare with").WithHint("name a GPU with `--gpu`");
  const char* name = options.max_context ? "max_context" : "max_batch";
  const int64_t most =
      options.max_context ? fit::LargestContext(question) : fit::LargestBatch(question);
  context.out.Answer(Json::MakeObject({{name, most}}), fmt::format("{}\n", most));
  if (most == 0) context.exit_code = ExitCodeOf(ErrorKind::kNo);
  return {};
}

Status Run(const Options& options, CommandContext& context) {
  if (!options.verify.empty() && !options.model.empty()) {
    return InvalidInput("`--verify` takes a file of measurements and no model")
        .WithHint("leave MODEL out");
  }
  if (!options.verify.empty()) return Verify(options, context);
  if (options.model.empty()) {
    return InvalidInput("no model is named")
        .WithHint("for example `curbstop model fit qwen2.5-7b --gpu RTX-3080`");
  }
  if (!options.technique.empty() && options.technique != "auto") {
    return InvalidInput(
        fmt::format("`--technique` is `{}`, expected `auto`", Printable(options.technique)));
  }
  TRY_ASSIGN(const fit::FitQuestion question, ReadQuestion(options, context));
  if (options.max_context || options.max_batch) return AnswerLargest(options, question, context);
  if (!options.technique.empty()) return AnswerTechniques(question, context);
  TRY_ASSIGN(const fit::FitAnswer answer, fit::AnswerFit(question));
  context.out.Answer(fit::FitJson(answer), fit::FitText(answer, options.explain));
  if (answer.estimate.verdict == fit::Verdict::kNo) context.exit_code = ExitCodeOf(ErrorKind::kNo);
  return {};
}

void AddInferenceOptions(CLI::App& command, Options& options) {
  command.add_option("--engine", options.engine, "llama.cpp or vllm")->type_name("NAME");
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

void AddTrainingOptions(CLI::App& command, Options& options) {
  command.add_option("--method", options.method, "Train instead: full, lora, qlora")
      ->type_name("METHOD");
  ExpectWholeNumber(
      *command.add_option("--sequence", options.sequence, "Tokens of a training sequence"), 1,
      int64_t{1} << 30);
  ExpectWholeNumber(*command.add_option("--batch", options.batch, "Sequences of a micro-batch"), 1,
                    1 << 20);
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
  command.add_option("--tokens", options.tokens, "Train on so many (40M): tells the time")
      ->type_name("N");
}

}  // namespace

Action AddModelFit(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("fit", "Tell whether a model fits a GPU, how fast, how sure");
  command->add_option("MODEL", options->model,
                      "A family and size (qwen2.5-7b), or a file or folder");
  command->add_option("--quant", options->quant, "Weight format: Q4_K_M, bf16, nf4, ...")
      ->type_name("FORMAT");
  command->add_option("--gpu", options->gpu, "GPU NAME[:N] instead of this computer's")
      ->type_name("NAME");
  AddInferenceOptions(*command, *options);
  AddTrainingOptions(*command, *options);
  command->add_option("--technique", options->technique, "auto: all that fit and none beats")
      ->type_name("KIND");
  command->add_flag("--max-context", options->max_context, "The largest context that fits");
  command->add_flag("--max-batch", options->max_batch,
                    "The largest micro-batch, or slots, that fit");
  command->add_flag("--explain", options->explain, "Add bytes, evidence and source of each part");
  command->add_option("--verify", options->verify, "Compare with the measurements in a CSV file")
      ->type_name("FILE");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
