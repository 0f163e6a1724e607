#include <gtest/gtest.h>

#include "base/base64.h"
#include "record/internal/limits.h"
#include "record/internal/message.h"
#include "record/internal/page_token.h"
#include "record/internal/routes.h"
#include "record/internal/search_filter.h"
#include "record/internal/search_sql.h"
#include "sys/authorization.h"

namespace curbstop {
namespace {

std::vector<SearchClause> Parsed(std::string_view filter) {
  auto clauses = ParseSearchFilter(filter, RunVocabulary());
  EXPECT_TRUE(clauses.ok()) << filter << ": " << clauses.error().Text();
  return clauses.ok() ? *std::move(clauses) : std::vector<SearchClause>();
}

std::string Refusal(std::string_view filter) {
  const auto clauses = ParseSearchFilter(filter, RunVocabulary());
  EXPECT_FALSE(clauses.ok()) << filter;
  return clauses.ok() ? "" : clauses.error().message();
}

TEST(SearchFilter, ReadsClausesJoinedByAnd) {
  const auto clauses = Parsed("metrics.loss < 0.5 and params.lr = '0.1' AND tags.team LIKE \"a%\"");
  ASSERT_EQ(clauses.size(), 3U);
  EXPECT_EQ(clauses[0].entity, SearchEntity::kMetric);
  EXPECT_EQ(clauses[0].key, "loss");
  EXPECT_EQ(clauses[0].comparator, "<");
  EXPECT_EQ(clauses[0].number, 0.5);
  EXPECT_EQ(clauses[1].entity, SearchEntity::kParam);
  EXPECT_EQ(clauses[1].values, std::vector<std::string>{"0.1"});
  EXPECT_EQ(clauses[2].comparator, "LIKE");
}

TEST(SearchFilter, ReadsQuotedKeysAndDottedKeys) {
  EXPECT_EQ(Parsed("metrics.`my metric` > 1")[0].key, "my metric");
  EXPECT_EQ(Parsed("tags.\"a b\" = 'x'")[0].key, "a b");
  EXPECT_EQ(Parsed("tags.mlflow.source.name = 'x'")[0].key, "mlflow.source.name");
}

TEST(SearchFilter, TakesAliasesOfEntitiesAndAttributes) {
  EXPECT_EQ(Parsed("attr.created > 5")[0].key, "start_time");
  EXPECT_EQ(Parsed("\"Run name\" = 'x'")[0].key, "run_name");
  EXPECT_EQ(Parsed("parameters.a = '1'")[0].entity, SearchEntity::kParam);
  EXPECT_EQ(Parsed("status = 'FINISHED'")[0].entity, SearchEntity::kAttribute);
}

TEST(SearchFilter, ReadsListsAndNullChecks) {
  const auto clauses =
      Parsed("run_id NOT IN ('a', 'b') AND tags.x IS NOT NULL AND params.y is null");
  ASSERT_EQ(clauses.size(), 3U);
  EXPECT_EQ(clauses[0].values, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(clauses[1].comparator, "IS NOT NULL");
  EXPECT_EQ(clauses[2].comparator, "IS NULL");
}

TEST(SearchFilter, AnEmptyFilterIsNoClause) {
  EXPECT_TRUE(Parsed("").empty());
  EXPECT_TRUE(Parsed("  ").empty());
}

TEST(SearchFilter, RefusesWhatMlflowRefuses) {
  EXPECT_EQ(Refusal("metrics.loss > 1 OR metrics.loss < 0"),
            "Invalid clause(s) in filter string: 'OR'");
  EXPECT_EQ(Refusal("metrics.loss > 'x'"), "Expected numeric value type for metric. Found 'x'");
  EXPECT_NE(Refusal("params.lr = 0.1").find("Expected a quoted string value"), std::string::npos);
  EXPECT_NE(Refusal("attribute.lifecycle_stage = 'x'").find("Invalid attribute key"),
            std::string::npos);
  EXPECT_NE(Refusal("colour.x = 'x'").find("Invalid entity type 'colour'"), std::string::npos);
  EXPECT_NE(Refusal("params.x > '1'").find("Invalid comparator '>'"), std::string::npos);
  EXPECT_NE(Refusal("status IN ('a')").find("Invalid comparator 'IN'"), std::string::npos);
}

TEST(SearchFilter, BrokenTextIsRefusedAndNeverRead) {
  for (const char* filter : {"'",
                             "a",
                             "a =",
                             "(",
                             "a = 'x",
                             "a = 'x' AND",
                             "AND",
                             "a IN (",
                             "a IN ()",
                             "a IS",
                             "`",
                             "metrics. > 1",
                             "= = =",
                             ";",
                             "a = 'x'; DROP TABLE runs",
                             "\"",
                             ".",
                             ".. = ''",
                             "tags.",
                             "metrics.a > -",
                             "metrics.a > 1e"}) {
    EXPECT_FALSE(ParseSearchFilter(filter, RunVocabulary()).ok()) << filter;
  }
}

TEST(SearchSql, ValuesAreBoundAndNeverPartOfTheSql) {
  SearchRequest request{.limit = 10};
  request.experiment_ids = {"1"};
  request.filter = "tags.`x' OR 1=1 --` = 'y'' OR 1=1 --'";
  request.order_by = {"params.`z' DESC --` DESC"};
  const auto query = RunSearchSql(request);
  ASSERT_TRUE(query.ok()) << query.error().Text();
  EXPECT_EQ(query->sql.find("--"), std::string::npos);
  // order key, experiment, tag key, tag value, limit, offset
  EXPECT_EQ(query->values.size(), 6U);
}

TEST(SearchSql, DuplicateOrderKeysAreRefused) {
  SearchRequest request{.limit = 10};
  request.order_by = {"metrics.a ASC", "metric.a DESC"};
  EXPECT_FALSE(RunSearchSql(request).ok());
}

TEST(SearchOrder, DirectionIsAscendingUnlessSaid) {
  EXPECT_TRUE(ParseSearchOrder("metrics.loss", RunVocabulary())->ascending);
  EXPECT_FALSE(ParseSearchOrder("metrics.`a b` desc", RunVocabulary())->ascending);
  EXPECT_FALSE(ParseSearchOrder("metrics.loss sideways", RunVocabulary()).ok());
}

TEST(PageToken, IsTheOneOfStockMlflow) {
  // base64 of {"offset": 5}, as python's base64 and json make it
  EXPECT_EQ(MakePageToken(5), "eyJvZmZzZXQiOiA1fQ==");
  EXPECT_EQ(*ReadPageToken("eyJvZmZzZXQiOiA1fQ=="), 5);
  EXPECT_EQ(*ReadPageToken(""), 0);
  EXPECT_FALSE(ReadPageToken("nonsense!").ok());
  EXPECT_FALSE(ReadPageToken("e30=").ok());  // {}
}

TEST(Message, ReadsNumbersFromTextAsProtobufDoes) {
  const auto message =
      Message::FromBody(R"({"a": "12", "b": 3.0, "v": "NaN", "w": "-Infinity", "run_uuid": "r"})");
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(**message->Int("a"), 12);
  EXPECT_EQ(**message->Int("b"), 3);
  EXPECT_NE(*message->RequiredDouble("v"), *message->RequiredDouble("v"));
  EXPECT_LT(*message->RequiredDouble("w"), -1e308);
  EXPECT_EQ(*message->RunId(), "r");
}

TEST(Message, NamesTheMissingParameterAsMlflowDoes) {
  const auto message = Message::FromBody(R"({"key": ""})");
  EXPECT_EQ(
      message->RequiredText("key").error().message(),
      "Missing value for required parameter 'key'. See the API docs for more information about "
      "request parameters.");
}

TEST(Message, ABodyThatIsJsonTextIsDecodedTwice) {
  EXPECT_EQ(*Message::FromBody(R"("{\"key\": \"x\"}")")->Text("key"), "x");
  EXPECT_FALSE(Message::FromBody("[1]").ok());
}

TEST(Limits, NamesMustNotResolveToOtherNames) {
  for (const char* good : {"loss", "a/b", "a b", "a:b", "..a", "größe"}) {
    EXPECT_EQ(CheckName("key", good).ok(), std::string_view(good) != "..a") << good;
  }
  for (const char* bad : {"../a", "/a", "a//b", "./a", "a/../b", "a/", ".", "a\nb", "a#b"}) {
    EXPECT_FALSE(CheckName("key", bad).ok()) << bad;
  }
}

TEST(Limits, LongParamValuesAreCutAtWholeCharacters) {
  std::string wide;
  for (int i = 0; i < 6001; ++i) wide += "é";
  KeyValue param{"p", wide};
  ASSERT_TRUE(CheckParam("", param).ok());
  EXPECT_EQ(param.value.size(), 12'000U);  // 6000 characters of two bytes
}

TEST(Limits, ABatchHoldsAThousandEntries) {
  EXPECT_TRUE(CheckBatch(800, 100, 100).ok());
  EXPECT_FALSE(CheckBatch(1000, 1, 0).ok());
  EXPECT_FALSE(CheckBatch(1001, 0, 0).ok());
  EXPECT_FALSE(CheckBatch(0, 101, 0).ok());
}

TEST(Access, TheTokenOpensAsBearerAndAsBasicPassword) {
  const Secret token("s3cret");
  EXPECT_TRUE(MayUse(token, "Bearer s3cret"));
  EXPECT_TRUE(MayUse(token, "Basic " + ToBase64("anyone:s3cret")));
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets",
                            "Basic s3cret", "Basic !!!", "Token s3cret"}) {
    EXPECT_FALSE(MayUse(token, wrong)) << wrong;
  }
  EXPECT_FALSE(MayUse(Secret(), "Bearer "));
}

TEST(Routes, AreFoundUnderBothPrefixesAndOnlyThere) {
  EXPECT_NE(FindRoute("POST", "/api/2.0/mlflow/runs/log-batch").route, nullptr);
  EXPECT_NE(FindRoute("POST", "/ajax-api/2.0/mlflow/runs/log-batch").route, nullptr);
  EXPECT_EQ(FindRoute("GET", "/api/2.0/mlflow/runs/log-batch").route, nullptr);
  EXPECT_EQ(FindRoute("POST", "/mlflow/runs/log-batch").route, nullptr);
  EXPECT_EQ(FindRoute("PATCH", "/api/2.0/mlflow/logged-models/m-1/tags").parts,
            std::vector<std::string>{"m-1"});
}

}  // namespace
}  // namespace curbstop
