// What must hold for every model, method, engine and device: the largest context and micro-batch
// are the largest, more work never takes less memory, parts add up to the whole, one GPU has
// nothing to share.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "fit/answer.h"
#include "fit/families.h"
#include "fit/question.h"

namespace curbstop::fit {
namespace {

const char* Gpu() {
  return *rc::gen::element("RTX-3060", "RTX-3080", "RTX-4090", "RTX-4090:2", "L40S",
                           "A100-SXM4-80GB", "H100-SXM5:4", "T4", "M3-MAX");
}

// A model that generates text or, for training, any whose layers are known.
const ModelShape& AnyShape(bool inference) {
  const auto& shapes = BundledFamilies().all();
  const ModelShape& shape = shapes[*rc::gen::inRange<size_t>(0, shapes.size())];
  RC_PRE(CheckIsBuilt(shape, inference).ok());
  return shape;
}

FitQuestion On(const char* gpu, FitQuestion question) {
  PutOn(UnderstandHardware(gpu, BundledAccelerators()), question);
  RC_PRE(question.Available() > 0);
  return question;
}

FitQuestion AnyInference() {
  FitQuestion question;
  question.shape = AnyShape(true);
  const std::string engine =
      *rc::gen::element<std::string>("llama.cpp", "vllm", "transformers", "exllama", "mlx");
  Ask ask{.name = question.shape.id, .engine = engine};
  ask.context = *rc::gen::inRange<int64_t>(1, 1 << 17);
  ask.slots = *rc::gen::inRange<int64_t>(1, 9);
  ask.cache_type = *rc::gen::element<std::string>("f16", "q8_0", "q4_0");
  question.format = *FormatOf(ask);
  RC_PRE(PutWords(ask, question).ok());
  question.llama.flash_attention = *rc::gen::arbitrary<bool>();
  return On(Gpu(), std::move(question));
}

FitQuestion AnyTraining() {
  FitQuestion question;
  question.shape = AnyShape(false);
  Ask ask{.name = question.shape.id};
  ask.method = *rc::gen::element<std::string>("full", "lora", "qlora", "dora");
  ask.optimizer = *rc::gen::element<std::string>("adamw", "adamw8bit", "paged", "adafactor", "sgd");
  ask.checkpointing = *rc::gen::element<std::string>("none", "selective", "full");
  ask.sharding = *rc::gen::element<std::string>("none", "zero1", "zero2", "zero3");
  ask.sequence = *rc::gen::inRange<int64_t>(1, 1 << 15);
  ask.batch = *rc::gen::inRange<int64_t>(1, 33);
  ask.rank = *rc::gen::inRange<int64_t>(1, 257);
  ask.accumulation = *rc::gen::inRange<int64_t>(1, 9);
  ask.chunked_loss = *rc::gen::arbitrary<bool>();
  ask.cpu_offload = *rc::gen::arbitrary<bool>();
  ask.mixed_precision = *rc::gen::arbitrary<bool>();
  question.format = *FormatOf(ask);
  RC_PRE(PutWords(ask, question).ok());
  return On(Gpu(), std::move(question));
}

bool Fits(const FitQuestion& question) {
  const Result<FitAnswer> answer = QuickFit(question);
  return answer.ok() && answer->estimate.verdict == Verdict::kFits;
}

FitQuestion WithContext(FitQuestion question, int64_t context) {
  question.llama.cache.context = question.vllm.max_model_len = context;
  question.tensor.cache.context = question.training.sequence = context;
  return question;
}

FitQuestion WithBatch(FitQuestion question, int64_t batch) {
  question.llama.cache.context *= batch;
  question.tensor.cache.context *= batch;
  question.training.batch = question.llama.cache.slots = question.tensor.cache.slots = batch;
  return question;
}

// `most` is what the search may answer at all.
template <typename With>
void ExpectLargest(const FitQuestion& question, int64_t largest, int64_t most, const With& with) {
  RC_ASSERT(largest >= 0 && largest <= most);
  RC_ASSERT(largest == 0 || Fits(with(question, largest)));
  RC_ASSERT(largest == most || !Fits(with(question, largest + 1)));
}

RC_GTEST_PROP(Inverse, TheLargestContextFitsAndOneMoreTokenDoesNot, ()) {
  const FitQuestion question = *rc::gen::arbitrary<bool>() ? AnyInference() : AnyTraining();
  ExpectLargest(question, LargestContext(question), int64_t{1} << 30, WithContext);
}

RC_GTEST_PROP(Inverse, TheLargestBatchFitsAndOneMoreDoesNot, ()) {
  FitQuestion question = *rc::gen::arbitrary<bool>() ? AnyInference() : AnyTraining();
  RC_PRE(question.task != Task::kVllm);  // holds as many as its cache has room for
  question.llama.cache.context = question.tensor.cache.context =
      *rc::gen::inRange<int64_t>(1, 1 << 13);
  ExpectLargest(question, LargestBatch(question), int64_t{1} << 20, WithBatch);
}

void ExpectWhole(const FitAnswer& answer) {
  const Estimate& estimate = answer.estimate;
  RC_ASSERT(estimate.peak.low <= estimate.peak.mid && estimate.peak.mid <= estimate.peak.high);
  RC_ASSERT(SumOf(estimate.components, estimate.components.front().device) == estimate.peak);
  for (const Component& part : estimate.components)
    RC_ASSERT(part.bytes.low <= part.bytes.mid && part.bytes.mid <= part.bytes.high);
}

RC_GTEST_PROP(Inverse, MoreContextNeverTakesLessAndPartsAddUp, ()) {
  const FitQuestion question = AnyInference();
  const Result<FitAnswer> before = QuickFit(question);
  RC_PRE(before.ok());
  const int64_t context = std::max(question.llama.cache.context, question.vllm.max_model_len);
  const Result<FitAnswer> after =
      QuickFit(WithContext(question, context + *rc::gen::inRange<int64_t>(1, 1 << 16)));
  RC_ASSERT(after.ok());
  RC_ASSERT(after->estimate.peak.mid >= before->estimate.peak.mid);
  RC_ASSERT(after->estimate.peak.high >= before->estimate.peak.high);
  ExpectWhole(*before);
  ExpectWhole(*after);
}

RC_GTEST_PROP(Inverse, MoreOfATrainingNeverTakesLessAndPartsAddUp, ()) {
  FitQuestion question = AnyTraining();
  const Result<FitAnswer> before = QuickFit(question);
  RC_PRE(before.ok());
  const int which = *rc::gen::inRange(0, 3);
  (which == 0   ? question.training.batch
   : which == 1 ? question.training.sequence
                : question.training.rank) += *rc::gen::inRange<int64_t>(1, 64);
  const Result<FitAnswer> after = QuickFit(question);
  RC_ASSERT(after.ok());
  RC_ASSERT(after->estimate.peak.mid >= before->estimate.peak.mid);
  ExpectWhole(*before);
  ExpectWhole(*after);
}

RC_GTEST_PROP(Inverse, ShardingOverOneGpuIsNoSharding, ()) {
  FitQuestion question = AnyTraining();
  question.training.gpus = 1;
  question.training.sharding = Sharding::kNone;
  const Result<FitAnswer> plain = QuickFit(question);
  RC_PRE(plain.ok());
  question.training.sharding =
      *rc::gen::element(Sharding::kZero1, Sharding::kZero2, Sharding::kZero3);
  const Result<FitAnswer> sharded = QuickFit(question);
  RC_ASSERT(sharded.ok());
  RC_ASSERT(sharded->estimate.peak == plain->estimate.peak);
  RC_ASSERT(sharded->training.has_value() == plain->training.has_value());
  if (plain->training) RC_ASSERT(sharded->training->mid == plain->training->mid);
}

RC_GTEST_PROP(Inverse, StrongerShardingNeverTakesMoreStates, ()) {
  FitQuestion question = AnyTraining();
  question.training.gpus = *rc::gen::inRange<int64_t>(2, 9);
  question.training.cpu_offload = false;
  int64_t before = std::numeric_limits<int64_t>::max();
  for (const Sharding sharding :
       {Sharding::kNone, Sharding::kZero1, Sharding::kZero2, Sharding::kZero3}) {
    question.training.sharding = sharding;
    const TrainingParts parts = TrainingPartsOf(question.shape, question.format, question.training);
    RC_ASSERT(parts.states + parts.gradients <= before);
    before = parts.states + parts.gradients;
  }
}

}  // namespace
}  // namespace curbstop::fit
