#include "fit/conv_net.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/units.h"
#include "fit/families.h"
#include "fit/question.h"

namespace curbstop::fit {
namespace {

ConvNet Net(std::string_view id, int64_t size = 224) {
  return *ConvNetOf(*BundledFamilies().WithId(id), size);
}

TEST(ConvNet, ParametersAreThePublishedOnes) {
  int checked = 0;
  for (const ModelShape& shape : BundledFamilies().all()) {
    if (shape.kind != ModelKind::kConvolution) continue;
    EXPECT_EQ(ConvNetOf(shape, 224)->parameters, shape.params_total) << shape.id;
    ++checked;
  }
  EXPECT_EQ(checked, 9);
}

// Products (GMACs) and layers' outputs (millions of elements) as timm's model cards print them:
// huggingface.co/timm/convnext_tiny.fb_in1k, convnext_base.fb_in1k, and at 384 pixels
// convnext_base.fb_in22k_ft_in1k_384. Rounded to 0.1; the cards' products count a little more than
// convolutions and matrices, 0.2 % of them.
TEST(ConvNet, ProductsAndOutputsAreThoseOfTimm) {
  struct Card {
    std::string_view id;
    int64_t size;
    double products;
    double outputs;
  };
  for (const Card& card :
       {Card{"convnext-tiny", 224, 4.5, 13.4}, Card{"convnext-base", 224, 15.4, 28.8},
        Card{"convnext-base", 384, 45.2, 84.5}}) {
    const ConvNet net = Net(card.id, card.size);
    EXPECT_NEAR(static_cast<double>(net.products) / 1e9, card.products,
                0.05 + 0.002 * card.products)
        << card.id;
    EXPECT_NEAR(static_cast<double>(net.outputs) / 1e6, card.outputs, 0.06) << card.id;
  }
}

ImageUse Mixed(int64_t batch) {
  ImageUse use;
  use.training = true;
  use.optimizer = Optimizer::kSgdMomentum;
  use.batch = batch;
  return use;
}

// Batches of ResNet-50 that ran in 16-bit mixed precision, each chosen to fill its card:
// lambdal/deeplearning-benchmark@000bc82d, pytorch-train-bs-fp16.csv. None may be called
// impossible, and none that is a third larger may be called sure.
TEST(ConvNet, BatchesThatFilledACardAreNotRefused) {
  struct Ran {
    std::string_view gpu;
    int64_t batch;
  };
  constexpr Ran kRan[] = {{"RTX 2080 Ti 11GB", 184}, {"RTX 3080 10GB", 136},
                          {"RTX 3090 24GB", 448},    {"Quadro RTX 8000 48GB", 928},
                          {"A100 40GB PCIe", 768},   {"V100 32GB", 596},
                          {"RTX A6000 48GB", 912}};
  const ConvNet net = Net("resnet-50");
  for (const Ran& ran : kRan) {
    const int64_t memory = UnderstandHardware(ran.gpu, BundledAccelerators()).Available();
    ASSERT_GT(memory, 0) << ran.gpu;
    const auto verdict = [&](int64_t batch) {
      return EstimateImages(net, Mixed(batch), "test", memory).verdict;
    };
    EXPECT_NE(verdict(ran.batch), Verdict::kNo) << ran.gpu;
    EXPECT_NE(verdict(ran.batch * 4 / 3), Verdict::kFits) << ran.gpu;
  }
}

// Images a second of ResNet-50, same source, pytorch-train-throughput-fp16.csv, cards that the
// constant was not made from; the last two from lambdal/deeplearning-benchmark@0551cb70.
TEST(ConvNet, SpeedOfCardsThatWereLeftOut) {
  struct Ran {
    std::string_view gpu;
    double images;
  };
  constexpr Ran kRan[] = {{"RTX 3080", 650},       {"RTX 3090", 796},  {"A100 40GB PCIe", 1120},
                          {"RTX A6000", 775},      {"RTX 4090", 1301}, {"H100 80GB PCIe", 1866},
                          {"H100 80GB SXM5", 2616}};
  const ConvNet net = Net("resnet-50");
  for (const Ran& ran : kRan) {
    const Result<SpeedTerms> terms =
        ImageTerms(net, UnderstandHardware(ran.gpu, BundledAccelerators()), Mixed(64));
    ASSERT_TRUE(terms.ok()) << ran.gpu;
    EXPECT_LE(terms->ToRate().low, ran.images) << ran.gpu;
    EXPECT_GE(terms->ToRate().high, ran.images) << ran.gpu;
  }
}

RC_GTEST_PROP(ConvNet, NeverFallsWithBatchOrImageAndAddsUp, ()) {
  std::vector<const ModelShape*> shapes;
  for (const ModelShape& shape : BundledFamilies().all()) {
    if (shape.kind == ModelKind::kConvolution) shapes.push_back(&shape);
  }
  const ModelShape& shape = *shapes[*rc::gen::inRange<size_t>(0, shapes.size())];
  ImageUse use;
  use.training = *rc::gen::arbitrary<bool>();
  use.half = *rc::gen::arbitrary<bool>();
  use.checkpointing =
      *rc::gen::element(Checkpointing::kNone, Checkpointing::kSelective, Checkpointing::kFull);
  use.size = *rc::gen::inRange<int64_t>(32, 1024);
  use.batch = *rc::gen::inRange<int64_t>(1, 1024);
  const Estimate before = EstimateImages(*ConvNetOf(shape, use.size), use, "test", 0);
  (*rc::gen::arbitrary<bool>() ? use.size : use.batch) += *rc::gen::inRange<int64_t>(1, 64);
  const Estimate after = EstimateImages(*ConvNetOf(shape, use.size), use, "test", 0);
  RC_ASSERT(after.peak.mid >= before.peak.mid);
  RC_ASSERT(SumOf(after.components, "gpu0") == after.peak);
  RC_ASSERT(after.peak.low <= after.peak.mid && after.peak.mid <= after.peak.high);
}

TEST(ConvNet, InRamThereIsNoContextOfADriver) {
  ImageUse use = Mixed(8);
  use.on_cpu = true;
  for (const Component& part : EstimateImages(Net("resnet-50"), use, "test", 0).components)
    EXPECT_NE(part.name, "context");
}

TEST(ConvNet, CheckpointingSavesAndCostsAThird) {
  const ConvNet net = Net("resnet-50");
  ImageUse use = Mixed(128);
  const Hardware gpu = UnderstandHardware("RTX 3090", BundledAccelerators());
  const int64_t all = EstimateImages(net, use, "test", 0).peak.mid;
  const double seconds = ImageTerms(net, gpu, use)->Total();
  use.checkpointing = Checkpointing::kFull;
  EXPECT_LT(EstimateImages(net, use, "test", 0).peak.mid, all * 2 / 3);
  EXPECT_NEAR(0.75 * ImageTerms(net, gpu, use)->Total(), seconds, 0.01 * seconds);
}

TEST(ConvNet, WhatIsAskedWronglyIsRefused) {
  EXPECT_FALSE(QuestionOf({.name = "resnet-50", .method = "lora"}).ok());
  EXPECT_FALSE(QuestionOf({.name = "resnet-50", .method = "full", .image = 16}).ok());
  EXPECT_FALSE(QuestionOf({.name = "resnet-50", .method = "full", .quant = "nf4"}).ok());
  EXPECT_FALSE(ConvNetOf(*BundledFamilies().WithId("qwen2.5-7b"), 224).ok());
  EXPECT_TRUE(QuestionOf({.name = "resnet50", .method = "full"}).ok());
}

}  // namespace
}  // namespace curbstop::fit
