// Estimates a second, beside a limit: one pass over the tensors of the model and one copy of the
// answer's components, which no estimate can do without. `bench/estimates/bench.py` runs it.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "fit/answer.h"
#include "fit/families.h"
#include "fit/question.h"
#include "fit/search.h"

namespace {

using namespace curbstop;
using namespace curbstop::fit;

// Processor time: neighbours on the same core do not count.
double Now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Calls a second of `work`, over at least half a second; the best of three.
template <typename Work>
double Rate(int at_once, const Work& work) {
  double best = 0;
  for (int round = 0; round < 3; ++round) {
    const double start = Now();
    int64_t calls = 0;
    while (Now() - start < 0.5) {
      for (int i = 0; i < at_once; ++i) work();
      calls += at_once;
    }
    best = std::max(best, static_cast<double>(calls) / (Now() - start));
  }
  return best;
}

FitQuestion AskOf(std::string_view model, std::string_view format, Task task) {
  FitQuestion question;
  question.shape = *BundledFamilies().WithId(model);
  question.format = *UnderstandFormat(format);
  question.task = task;
  question.hardware = UnderstandHardware("RTX-3080", BundledAccelerators());
  question.llama.cache.context = question.tensor.cache.context = 8192;
  question.training.checkpointing = Checkpointing::kFull;
  question.training.method = Method::kLora;
  question.training.includes_context = true;
  return question;
}

volatile int64_t sink = 0;

void Print(const char* name, const FitQuestion& question) {
  const double cold = Rate(100, [&] { sink = sink + QuickFit(question)->estimate.peak.mid; });
  FitQuestion prepared = question;
  prepared.format = Foretold(question.shape, question.format);
  const double warm = Rate(100, [&] { sink = sink + QuickFit(prepared)->estimate.peak.mid; });
  const std::vector<TypedTensor> tensors = *GgufTensors(question.shape, question.format);
  const std::vector<Component> components = QuickFit(question)->estimate.components;
  const double limit = Rate(100, [&] {
    Wide sum = 0;
    for (const TypedTensor& one : tensors) sum += one.bytes();
    const std::vector<Component> copy = components;
    sink = sink + static_cast<int64_t>(sum) + static_cast<int64_t>(copy.size());
  });
  std::printf("%-34s %9.0f first %9.0f more on that model %9.0f limit   ratio %.2f\n", name, cold,
              warm, limit, warm / limit);
}

// A whole search for a technique, and how many techniques a second that is.
void PrintSearch(const char* name, FitQuestion question, const char* gpu) {
  PutOn(UnderstandHardware(gpu, BundledAccelerators()), question);
  const double searches = Rate(1, [&] { sink = sink + SearchTechniques(question, {})->tried; });
  const double tried = static_cast<double>(SearchTechniques(question, {})->tried);
  std::printf("%-34s %9.0f techniques %8.1f ms %9.0f a second\n", name, tried, 1000 / searches,
              searches * tried);
}

}  // namespace

int main() {
  Print("llama.cpp, qwen2.5-7b Q4_K_M", AskOf("qwen2.5-7b", "Q4_K_M", Task::kLlamaCpp));
  Print("llama.cpp, llama-3.1-70b IQ3_XS", AskOf("llama-3.1-70b", "IQ3_XS", Task::kLlamaCpp));
  Print("transformers, llama-3.1-8b nf4", AskOf("llama-3.1-8b", "nf4", Task::kTensorEngine));
  Print("LoRA, llama-3.1-8b bf16", AskOf("llama-3.1-8b", "bf16", Task::kTraining));
  Print("QLoRA, llama-3.1-70b nf4", AskOf("llama-3.1-70b", "nf4", Task::kTraining));
  PrintSearch("search, qwen2.5-7b on an RTX 3080", *QuestionOf({.name = "qwen2.5-7b"}), "RTX-3080");
  PrintSearch("search, training of it on four",
              *QuestionOf({.name = "qwen2.5-7b", .method = "lora", .batch = 8}), "RTX-3090:4");
  return 0;
}
