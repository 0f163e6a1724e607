#include "fit/question.h"

#include <gtest/gtest.h>

#include "machine/accelerators.h"

namespace curbstop::fit {
namespace {

Ask Qlora() {
  Ask ask;
  ask.name = "Qwen2.5-7B";
  ask.method = "qlora";
  ask.batch = 4;
  return ask;
}

TEST(Ask, TheMethodDecidesTheFormatWhereNoneIsNamed) {
  const Result<FitQuestion> question = QuestionOf(Qlora());
  ASSERT_TRUE(question.ok()) << question.error().Text();
  EXPECT_EQ(question->format.name, "nf4-dq");
  EXPECT_EQ(question->task, Task::kTraining);
  EXPECT_EQ(question->training.batch, 4);
}

TEST(Ask, InferenceTakesTheFormatOfTheNameThenThatOfTheEngine) {
  Ask ask;
  ask.name = "Qwen_Qwen3-4B-Q6_K.gguf";
  EXPECT_EQ(QuestionOf(ask)->format.name, "Q6_K");
  ask.name = "qwen3-4b";
  EXPECT_EQ(QuestionOf(ask)->format.name, "Q4_K_M");
  ask.engine = "vllm";
  EXPECT_EQ(QuestionOf(ask)->format.name, "bf16");
}

TEST(Ask, AWordThatIsNotKnownIsRefusedWithThoseThatAre) {
  Ask ask = Qlora();
  ask.method = "qlorra";
  const Result<FitQuestion> question = QuestionOf(ask);
  ASSERT_FALSE(question.ok());
  EXPECT_EQ(
      question.error().message(),
      "`--method` is `qlorra`, expected one of: full, lora, qlora, dora, qdora (did you mean `qlora`?)");
}

TEST(Ask, CountsHaveWordsForThousandsOfThousands) {
  EXPECT_EQ(*CountOfWords("40M", "tokens"), 40'000'000);
  EXPECT_EQ(*CountOfWords("1.5B", "tokens"), 1'500'000'000);
  EXPECT_EQ(*CountOfWords("2000000", "tokens"), 2'000'000);
  for (const char* wrong : {"", "0", "many", "-4M", "1e400", "99999999999999999999"})
    EXPECT_FALSE(CountOfWords(wrong, "tokens").ok()) << wrong;
}

TEST(Ask, TrainingOnSeveralGpusSharesWeightsGradientsAndStates) {
  FitQuestion question = *QuestionOf(Qlora());
  PutOn(UnderstandHardware("A100-SXM4-80GB:4", BundledAccelerators()), question);
  EXPECT_EQ(question.training.gpus, 4);
  EXPECT_EQ(question.training.sharding, Sharding::kZero3);
  PutOn(UnderstandHardware("A100-SXM4-80GB", BundledAccelerators()), question);
  EXPECT_EQ(question.training.sharding, Sharding::kNone);
}

TEST(Ask, AMemoryToHaveIsTheLeastThatLeavesSoMuch) {
  for (const int64_t wanted : {int64_t{1}, int64_t{1} << 30, int64_t{9} << 30, int64_t{79} << 30}) {
    const auto left = [](int64_t memory) {
      Hardware card = UnderstandHardware("RTX-3080", BundledAccelerators());
      card.memory = memory;
      return card.Available();
    };
    const int64_t memory = MemoryToHave(wanted);
    EXPECT_GE(left(memory), wanted);
    EXPECT_LT(left(memory - (int64_t{2} << 20)), wanted);
  }
}

}  // namespace
}  // namespace curbstop::fit
