#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "project/project.h"
#include "project/schema.h"

namespace curbstop {
namespace {

using ::testing::HasSubstr;

Result<Project> Read(std::string_view text) {
  return ReadProject("/home/me/p/curbstop.yaml", text);
}

std::string Mistake(std::string_view text) {
  const Result<Project> project = Read(text);
  return project.ok() ? "no mistake" : project.error().message();
}

constexpr std::string_view kDesign = R"(
run: python train.py
model: {name: Qwen2.5-7B, method: qlora, sequence: 2048, batch: 4, tokens: 40M}
)";

TEST(StepModel, ItsWordsAreKept) {
  const Result<Project> project = Read(kDesign);
  ASSERT_TRUE(project.ok()) << project.error().Text();
  const fit::Ask& model = *project->steps[0].model;
  EXPECT_EQ(model.name, "Qwen2.5-7B");
  EXPECT_EQ(model.method, "qlora");
  EXPECT_EQ(model.batch, 4);
  EXPECT_EQ(model.tokens, 40'000'000);
}

TEST(StepModel, ItNeedsAGpuWithTheMemoryThatItTakes) {
  const Step step = Read(kDesign)->steps[0];
  ASSERT_TRUE(step.needs.gpu && step.needs.gpu->memory && step.sure_memory);
  EXPECT_EQ(step.needs.gpu->count, 1);
  // Weights of 7.6 billion parameters, the head in 16 bits, are 5 GiB; the logits of 8192 tokens
  // are twice that.
  EXPECT_GT(step.needs.gpu->memory->value, GiB(5).value);
  EXPECT_LE(*step.needs.gpu->memory, *step.sure_memory);
  EXPECT_LT(*step.sure_memory, GiB(32));
  EXPECT_EQ(step.NeedsToRent().gpu->memory, step.sure_memory);
}

TEST(StepModel, WhatTheFileNeedsStaysAsItIs) {
  const Step step =
      Read("run: x\nneeds: {gpu: 2 x 8GB..}\nmodel: qwen2.5-7b\nmethod: full\n")->steps[0];
  EXPECT_EQ(step.needs.gpu->count, 2);
  EXPECT_EQ(step.needs.gpu->memory->value, 8'000'000'000);
  EXPECT_FALSE(step.sure_memory);
  EXPECT_EQ(step.NeedsToRent().gpu->memory->value, 8'000'000'000);
}

TEST(StepModel, SeveralGpusShareWhatTrainingKeeps) {
  const auto least = [](const char* gpus) {
    return Read(
               fmt::format("run: x\nneeds: {{gpu: {}}}\nmodel: llama-3.1-8b\nmethod: full\n", gpus))
        ->steps[0]
        .needs.gpu->memory->value;
  };
  EXPECT_GT(least("1"), GiB(64).value);  // weights, gradients and states of 8 billion
  EXPECT_LT(least("8"), GiB(40).value);
}

TEST(StepModel, ANameAloneIsInference) {
  const Step step = Read("run: x\nmodel: qwen2.5-7b\n")->steps[0];
  EXPECT_EQ(step.model->method, "");
  // Q4_K_M of 7.6 billion parameters is a file of 4.4 GiB.
  EXPECT_GT(step.needs.gpu->memory->value, GiB(4).value);
  EXPECT_LT(step.sure_memory->value, GiB(8).value);
}

TEST(StepModel, MistakesNameTheirPlaceAndWhatIsAllowed) {
  EXPECT_EQ(Mistake("run: x\nmethod: qlora\n"),
            "/home/me/p/curbstop.yaml:2:9: `method` stands without a `model`");
  EXPECT_THAT(Mistake("run: x\nmodel: {name: qwen2.5-7b, method: lora}\nmethod: qlora\n"),
              HasSubstr("3:9: `method` is named twice"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: qwen2.5-7b, method: qlorra}\n"),
              HasSubstr("did you mean `qlora`?"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: qwen2.5-7b, method: qlora, context: 4096}\n"),
              HasSubstr("2:42: `context` belongs to inference, and `method` says training"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: qwen2.5-7b, batch: 4}\n"),
              HasSubstr("2:27: `batch` belongs to training, and there is no `method`"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: qwen2.5-7b, method: full, tokens: many}\n"),
              HasSubstr("expected a number, as `40M`"));
  EXPECT_THAT(Mistake("run: x\nmodel: {method: full}\n"), HasSubstr("name"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: no-such-family}\n"), HasSubstr("2:15: "));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: qwen2.5-7b, quant: Q9_Z}\n"), HasSubstr("2:34: "));
}

TEST(StepModel, AnImageModelIsCountedInImages) {
  const Step step =
      Read(
          "run: x\nmodel: {name: resnet-50, method: full, batch: 128, image: 160, images: 1.28M}\n")
          ->steps[0];
  EXPECT_EQ(step.model->images, 1'280'000);
  EXPECT_EQ(step.model->image, 160);
  EXPECT_GT(step.sure_memory->value, GiB(4).value);
  EXPECT_TRUE(Read("run: x\nmodel: {name: resnet-50, batch: 8, images: 10M}\n").ok());
  EXPECT_TRUE(
      Read("run: x\nmodel: {name: vit-b-16-224, method: full, batch: 32, images: 10M}\n").ok());
}

TEST(StepModel, WhatAModelDoesNotReadIsRefusedAtItsKey) {
  EXPECT_THAT(Mistake("run: x\nmodel: {name: resnet-50, method: full, tokens: 40M}\n"),
              HasSubstr("2:40: `tokens` counts text, and `resnet-50` reads images"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: vit-b-16-224, method: full, tokens: 40M}\n"),
              HasSubstr("`tokens` counts text"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: qwen2.5-7b, images: 1M}\n"),
              HasSubstr("2:27: `images` counts pictures, and `qwen2.5-7b` reads text"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: resnet-50, images: 1M, tokens: 40M}\n"),
              HasSubstr("2:38: `tokens` counts text"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: qwen2.5-7b, tokens: 40M, images: 1M}\n"),
              HasSubstr("2:40: `images` counts pictures"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: resnet-50, method: full, sequence: 128}\n"),
              HasSubstr("`sequence` means nothing for `resnet-50`"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: resnet-50, context: 128}\n"),
              HasSubstr("`context` means nothing for `resnet-50`"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: qwen2.5-7b, image: 224}\n"),
              HasSubstr("`image` belongs to convolutional models"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: resnet-50, image: 16}\n"), HasSubstr("32"));
  EXPECT_THAT(Mistake("run: x\nmodel: {name: resnet-50, images: many}\n"),
              HasSubstr("expected a number, as `40M`"));
}

TEST(StepModel, FiguresBeyondAnyMachineAreRefused) {
  EXPECT_THAT(Mistake("run: x\nmodel: {name: llama-3.1-405b, method: full, batch: 1048576, "
                      "sequence: 60000000000, checkpointing: none}\n"),
              HasSubstr("no machine holds that"));
}

}  // namespace
}  // namespace curbstop
