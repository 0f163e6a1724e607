#include "fit/families.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "base/check.h"
#include "base/csv.h"
#include "base/embedded.h"
#include "base/text.h"

namespace curbstop::fit {
namespace {

CURBSTOP_EMBEDDED(families_csv, FamiliesCsv)
CURBSTOP_EMBEDDED(family_aliases_csv, FamilyAliasesCsv)

struct NumberColumn {
  std::string_view name;
  int64_t ModelShape::* field;
};
constexpr NumberColumn kNumbers[] = {
    {"layers", &ModelShape::layers},
    {"hidden", &ModelShape::hidden},
    {"heads", &ModelShape::heads},
    {"kv_heads", &ModelShape::kv_heads},
    {"head_dim", &ModelShape::head_dim},
    {"v_head_dim", &ModelShape::v_head_dim},
    {"intermediate", &ModelShape::intermediate},
    {"mlp_matrices", &ModelShape::mlp_matrices},
    {"vocab", &ModelShape::vocab},
    {"norm_vectors_per_layer", &ModelShape::norms_per_layer},
    {"experts", &ModelShape::experts},
    {"experts_per_token", &ModelShape::experts_per_token},
    {"shared_experts", &ModelShape::shared_experts},
    {"moe_intermediate", &ModelShape::expert_intermediate},
    {"first_dense_layers", &ModelShape::first_dense_layers},
    {"q_lora_rank", &ModelShape::q_lora},
    {"kv_lora_rank", &ModelShape::kv_lora},
    {"qk_rope_dim", &ModelShape::rope_dim},
    {"qk_nope_dim", &ModelShape::nope_dim},
    {"sliding_window", &ModelShape::sliding_window},
    {"sliding_layers", &ModelShape::sliding_layers},
    {"linear_attention_layers", &ModelShape::linear_layers},
    {"linear_key_heads", &ModelShape::linear_key_heads},
    {"linear_value_heads", &ModelShape::linear_value_heads},
    {"linear_head_dim", &ModelShape::linear_head_dim},
    {"per_layer_embedding", &ModelShape::per_layer_embedding},
    {"max_context", &ModelShape::max_context},
    {"params_total", &ModelShape::params_total},
    {"params_active", &ModelShape::params_active},
    {"kv_bytes_per_token_f16_full", &ModelShape::kv_f16_full},
    {"kv_bytes_per_token_f16_sliding", &ModelShape::kv_f16_sliding},
    {"gguf_q4_k_m_bytes", &ModelShape::published_q4_k_m_bytes},
};

struct FlagColumn {
  std::string_view name;
  bool ModelShape::* field;
};
constexpr FlagColumn kFlags[] = {
    {"tie_embeddings", &ModelShape::tied},
    {"qkv_bias", &ModelShape::qkv_bias},
    {"qk_norm", &ModelShape::qk_norm},
    {"attn_gate", &ModelShape::attention_gate},
};

using Row = std::map<std::string, std::string, std::less<>>;

ModelKind KindOf(std::string_view text) {
  if (text == "encoder") return ModelKind::kEncoder;
  if (text == "encoder-decoder") return ModelKind::kEncoderDecoder;
  if (text == "vision encoder") return ModelKind::kVision;
  if (text == "cnn") return ModelKind::kConvolution;
  if (text == "diffusion") return ModelKind::kDiffusion;
  return ModelKind::kDecoder;
}

Result<int64_t> Number(const Row& row, std::string_view column, int line) {
  const auto found = row.find(column);
  if (found == row.end()) return Corrupt(fmt::format("`families.csv` has no column `{}`", column));
  int64_t value = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  return Corrupt(fmt::format("`families.csv` line {}: `{}` is `{}`, expected a whole number", line,
                             column, text));
}

Result<ModelShape> ShapeOfRow(const Row& row, int line) {
  ModelShape shape;
  for (const NumberColumn& column : kNumbers) {
    TRY_ASSIGN(shape.*column.field, Number(row, column.name, line));
  }
  for (const FlagColumn& column : kFlags) {
    TRY_ASSIGN(const int64_t flag, Number(row, column.name, line));
    shape.*column.field = flag != 0;
  }
  const auto text = [&](std::string_view column) {
    const auto found = row.find(column);
    return found == row.end() ? std::string() : found->second;
  };
  shape.id = text("id");
  shape.family = text("family");
  shape.arch = text("arch");
  shape.kind = KindOf(text("kind"));
  shape.source = text("source");
  shape.evidence = text("closes") == "yes" ? ShapeEvidence::kCloses : ShapeEvidence::kApproximate;
  TRY(CheckShape(shape));
  return shape;
}

Result<std::vector<Row>> RowsOf(std::string_view file, std::string_view text) {
  CsvReader reader(text);
  std::vector<std::string_view> cells;
  std::vector<std::string> header;
  std::vector<Row> rows;
  for (;;) {
    TRY_ASSIGN(const bool more, reader.Next(cells));
    if (!more) return rows;
    if (header.empty()) {
      header.assign(cells.begin(), cells.end());
      continue;
    }
    if (cells.size() != header.size()) {
      return Corrupt(fmt::format("`{}` line {} has {} cells, expected {}", file, reader.line(),
                                 cells.size(), header.size()));
    }
    Row row;
    for (size_t i = 0; i < cells.size(); ++i) row[header[i]] = std::string(cells[i]);
    rows.push_back(std::move(row));
  }
}

// Parts that say nothing about a shape.
bool IsFiller(std::string_view part) {
  constexpr std::string_view kFiller[] = {"instruct", "it",   "chat",  "base", "hf",  "gguf",
                                          "meta",     "text", "class", "i",    "awq", "gptq"};
  return std::find(std::begin(kFiller), std::end(kFiller), part) != std::end(kFiller);
}

bool IsVersionSuffix(std::string_view part) {
  return part.size() > 1 && part[0] == 'v' && IsDigit(part[1]);
}

bool HasPart(const std::vector<std::string>& parts, const std::string& part) {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

// A letter run of two and more in front of digits is a word of its own: "qwen2.5" is qwen, 2.5;
// "8b", "a3b", "v0.3" and "e4b" stay.
void SplitWord(std::string_view word, std::vector<std::string>& parts) {
  size_t letters = 0;
  while (letters < word.size() && IsLetter(word[letters])) ++letters;
  if (letters >= 2 && letters < word.size()) {
    parts.emplace_back(word.substr(0, letters));
    word.remove_prefix(letters);
  }
  if (!word.empty()) parts.emplace_back(word);
}

}  // namespace

std::vector<std::string> NameParts(std::string_view name) {
  std::string text = Lower(name);
  const size_t slash = text.rfind('/');
  if (slash != std::string::npos && slash + 1 < text.size()) text.erase(0, slash + 1);
  if (text.ends_with(".gguf")) text.erase(text.size() - 5);
  std::vector<std::string> parts;
  std::string word;
  text += ' ';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_point = c == '.' && i > 0 && IsDigit(text[i - 1]) && IsDigit(text[i + 1]);
    if (IsLetter(c) || IsDigit(c) || is_point) {
      word += c;
    } else if (!word.empty()) {
      SplitWord(word, parts);
      word.clear();
    }
  }
  return parts;
}

double SizeOfPart(std::string_view part) {
  double number = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
  if (error != std::errc() || end != part.data() + part.size() - 1) return 0;
  if (part.back() == 'b') return number * 1e9;
  if (part.back() == 'm') return number * 1e6;
  return part.back() == 't' ? number * 1e12 : 0;
}

void FamilyTable::AddSpelling(std::string_view name, size_t shape) {
  spellings_.push_back({NameParts(name), shape});
}

Result<FamilyTable> FamilyTable::Parse(std::string_view families_csv,
                                       std::string_view aliases_csv) {
  FamilyTable table;
  TRY_ASSIGN(const std::vector<Row> families, RowsOf("families.csv", families_csv));
  int line = 1;
  for (const Row& row : families) {
    TRY_ASSIGN(ModelShape shape, ShapeOfRow(row, ++line));
    table.shapes_.push_back(std::move(shape));
    table.AddSpelling(table.shapes_.back().id, table.shapes_.size() - 1);
  }
  TRY_ASSIGN(const std::vector<Row> aliases, RowsOf("family-aliases.csv", aliases_csv));
  for (const Row& row : aliases) {
    const auto spelling = row.find("spelling");
    const auto family = row.find("family");
    const ModelShape* shape = family == row.end() ? nullptr : table.WithId(family->second);
    if (spelling == row.end() || shape == nullptr) {
      return Corrupt(fmt::format("`family-aliases.csv`: `{}` is no family",
                                 family == row.end() ? "" : family->second));
    }
    table.AddSpelling(spelling->second, static_cast<size_t>(shape - table.shapes_.data()));
  }
  return table;
}

const ModelShape* FamilyTable::WithId(std::string_view id) const {
  for (const ModelShape& shape : shapes_) {
    if (shape.id == id) return &shape;
  }
  return nullptr;
}

const ModelShape* FamilyTable::Find(std::string_view name) const {
  const std::vector<std::string> parts = NameParts(name);
  const Spelling* best = nullptr;
  size_t best_score = 0;
  for (const Spelling& spelling : spellings_) {
    size_t matched = 0;
    bool all = true;
    for (const std::string& part : spelling.parts) {
      if (HasPart(parts, part)) {
        ++matched;
      } else if (!IsVersionSuffix(part) && !IsFiller(part)) {
        all = false;
      }
    }
    // Of equal ones the shorter spelling wins: fewer parts of it are missing from the name.
    const size_t score = 16 * matched - spelling.parts.size();
    if (!all || matched == 0 || (best != nullptr && score <= best_score)) continue;
    best = &spelling;
    best_score = score;
  }
  if (best == nullptr) return nullptr;
  // "qwen2.5-7b" is no answer to a name that says 14b.
  const ModelShape& shape = shapes_[best->shape];
  for (const std::string& part : parts) {
    const double size = SizeOfPart(part);
    if (size > 0 && !HasPart(best->parts, part) && !HasPart(NameParts(shape.id), part) &&
        std::abs(size / static_cast<double>(shape.params_total) - 1) > 0.3) {
      return nullptr;
    }
  }
  return &shape;
}

Result<ModelShape> FamilyTable::Understand(std::string_view name, double params) const {
  if (const ModelShape* shape = Find(name)) return *shape;
  double total = params;
  double active = 0;
  for (const std::string& part : NameParts(name)) {
    if (part.size() > 2 && part[0] == 'a' && SizeOfPart(part.substr(1)) > 0) {
      active = SizeOfPart(part.substr(1));
    } else if (total <= 0) {
      total = SizeOfPart(part);
    }
  }
  if (total > 0) return ShapeOfSize(std::string(name), total, active);
  std::vector<std::string> ids;
  for (const ModelShape& shape : shapes_) ids.push_back(shape.id);
  return NotFound(fmt::format("model `{}` is not in the family table, and its name has no size{}",
                              Printable(name), DidYouMean(name, ids)))
      .WithHint("name a family and size (`qwen2.5-7b`) or a file (`model.gguf`)");
}

const FamilyTable& BundledFamilies() {
  static const FamilyTable table = [] {
    Result<FamilyTable> parsed = FamilyTable::Parse(FamiliesCsv(), FamilyAliasesCsv());
    CHECK(parsed.ok());
    return *std::move(parsed);
  }();
  return table;
}

}  // namespace curbstop::fit
