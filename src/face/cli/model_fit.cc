// `curbstop model fit MODEL`: will it fit, how fast, how sure; `--verify FILE` holds the answers
// against published measurements.
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/usage.h"
#include "fit/answer.h"
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
  std::string cache_type = "f16";
  std::string verify;
  int64_t context = 4096;
  int64_t ubatch = 512;
  int64_t slots = 1;
  int64_t gpu_layers = -1;
  int64_t build = 0;
  bool no_flash = false;
  bool experts_in_ram = false;
  bool explain = false;
};

Status Verify(const Options& options, CommandContext& context) {
  TRY_ASSIGN(const std::string text, ReadFile(context.folder / options.verify));
  TRY_ASSIGN(const std::vector<fit::TruthRow> rows, fit::ReadTruth(text, options.verify));
  const fit::Verification found = fit::Verify(rows);
  context.out.Answer(fit::VerificationJson(found), fit::VerificationText(found));
  return {};
}

// The named hardware, or this machine's fullest-free GPU.
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

Result<fit::FitQuestion> ReadQuestion(const Options& options, CommandContext& context) {
  fit::FitQuestion question;
  TRY_ASSIGN(question.shape, fit::BundledFamilies().Understand(options.model, 0));
  const auto named = fit::FormatInName(options.model);
  if (!options.quant.empty()) {
    TRY_ASSIGN(question.format, fit::UnderstandFormat(options.quant));
  } else if (named) {
    question.format = *named;
  } else {
    TRY_ASSIGN(question.format, fit::UnderstandFormat("Q4_K_M"));
  }
  TRY(ReadHardware(options, context, question));
  const auto cache_type = fit::CacheTypeOfName(options.cache_type);
  if (!cache_type) {
    return InvalidInput(
        fmt::format("`--cache-type` is `{}`, expected `f16`, `q8_0`, `q5_1`, `q4_0` or `fp8`",
                    Printable(options.cache_type)));
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
  return question;
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
  TRY_ASSIGN(const fit::FitQuestion question, ReadQuestion(options, context));
  TRY_ASSIGN(const fit::FitAnswer answer, fit::AnswerFit(question));
  context.out.Answer(fit::FitJson(answer), fit::FitText(answer, options.explain));
  if (answer.estimate.verdict == fit::Verdict::kNo) context.exit_code = ExitCodeOf(ErrorKind::kNo);
  return {};
}

void AddInferenceOptions(CLI::App& command, Options& options) {
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

}  // namespace

Action AddModelFit(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("fit", "Tell whether a model fits a GPU, and how sure that is");
  command->add_option("MODEL", options->model, "A family and size: qwen2.5-7b, llama3.1:8b");
  command->add_option("--quant", options->quant, "Weight format: Q4_K_M, bf16, nf4, ...")
      ->type_name("FORMAT");
  command->add_option("--gpu", options->gpu, "GPU NAME[:N] instead of this computer's")
      ->type_name("NAME");
  AddInferenceOptions(*command, *options);
  command->add_flag("--explain", options->explain, "Add bytes, evidence and source of each part");
  command->add_option("--verify", options->verify, "Compare with the measurements in a CSV file")
      ->type_name("FILE");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
