#include "fit/onnx_header.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "fit/byte_reader.h"
#include "fit/checked.h"

namespace curbstop::fit {
namespace {

constexpr int kDeepest = 99;  // as the library itself
constexpr int64_t kMostFields = int64_t{1} << 24;
constexpr size_t kMostFiles = 4096;
constexpr size_t kMostDimensions = 64;
constexpr Wide kMostElements = Wide{1} << 60;

constexpr size_t kMostNames = size_t{1} << 16;

enum class Message { kModel, kGraph, kNode, kAttribute, kFunction, kSparse, kTensor };

constexpr int kOwnGraph = 1;  // how deep the model's graph lies, and its nodes one below

// Which field of a message holds another one that weights may lie in.
struct Child {
  Message in;
  uint64_t field;
  Message is;
};
constexpr Child kChildren[] = {
    {Message::kModel, 7, Message::kGraph},       {Message::kModel, 25, Message::kFunction},
    {Message::kGraph, 1, Message::kNode},        {Message::kGraph, 5, Message::kTensor},
    {Message::kGraph, 15, Message::kSparse},     {Message::kNode, 5, Message::kAttribute},
    {Message::kAttribute, 5, Message::kTensor},  {Message::kAttribute, 6, Message::kGraph},
    {Message::kAttribute, 10, Message::kTensor}, {Message::kAttribute, 11, Message::kGraph},
    {Message::kAttribute, 22, Message::kSparse}, {Message::kAttribute, 23, Message::kSparse},
    {Message::kFunction, 7, Message::kNode},     {Message::kFunction, 11, Message::kAttribute},
    {Message::kSparse, 1, Message::kTensor},     {Message::kSparse, 2, Message::kTensor},
};

struct TypeBits {
  uint64_t number;  // TensorProto.DataType
  int64_t bits;
};
constexpr TypeBits kTypes[] = {{1, 32},  {2, 8},    {3, 8},   {4, 16},  {5, 16},  {6, 32},
                               {7, 64},  {9, 8},    {10, 16}, {11, 64}, {12, 32}, {13, 64},
                               {14, 64}, {15, 128}, {16, 16}, {17, 8},  {18, 8},  {19, 8},
                               {20, 8},  {21, 4},   {22, 4},  {23, 4},  {24, 8}};

// 0: texts and what is not known, whose size no shape tells.
int64_t BitsOf(uint64_t type) {
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const TypeBits& one) { return one.number == type; });
  return found == std::end(kTypes) ? 0 : found->bits;
}

struct Field {
  uint64_t at = 0;  // of its key
  uint64_t number = 0;
  uint64_t value = 0;  // of numbers
  bool is_bytes = false;
  uint64_t end = 0;  // of bytes, which begin at the reader's position
};

struct OneTensor {
  uint64_t at = 0;
  Wide elements = 1;
  size_t dimensions = 0;
  uint64_t type = 0;
  std::optional<uint64_t> raw;  // bytes of data in the file, where they lie there in one piece
  std::string location;         // of data in another file
  int64_t offset = 0;
  std::optional<int64_t> length;
  std::string name;
};

// An input, an output or another value of the graph.
struct OneValue {
  std::string name;
  uint64_t type = 0;
  Wide elements = 1;
  size_t dimensions = 0;
  bool has_shape = false;
  bool is_open = false;  // a size other than the first has no number
};

class Reader {
 public:
  explicit Reader(ByteSource& source) : in_(source), end_(source.size()) {}

  Result<OnnxWeights> Read() {
    TRY(Walk(Message::kModel, end_, 0));
    for (const auto& [name, bytes] : inputs_) {
      if (!stored_.contains(name))
        weights_.values.inputs = Clamp(Wide{weights_.values.inputs} + bytes);
    }
    if (has_graph_) return std::move(weights_);
    return in_.Wrong("no graph; it is no ONNX model");
  }

 private:
  Result<uint64_t> Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      TRY_ASSIGN(const uint8_t byte, in_.Number<uint8_t>());
      value |= uint64_t{byte & 0x7Fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return in_.Wrong("a number of more than ten bytes");
  }

  // The next field of a message that ends at `end`; of bytes only how long they are.
  Result<Field> Next(uint64_t end) {
    Field field;
    field.at = in_.offset();
    if (++fields_ > kMostFields) return in_.Wrong(fmt::format("more than {} fields", kMostFields));
    TRY_ASSIGN(const uint64_t key, Varint());
    field.number = key >> 3;
    switch (key & 7) {
      case 0: {
        TRY_ASSIGN(field.value, Varint());
        break;
      }
      case 1: TRY(in_.Skip(8)); break;
      case 5: TRY(in_.Skip(4)); break;
      case 2: {
        TRY_ASSIGN(const uint64_t length, Varint());
        if (in_.offset() > end || length > end - in_.offset()) {
          const uint64_t left = in_.offset() > end ? 0 : end - in_.offset();
          return in_.Wrong(fmt::format("{} bytes are expected, {} are left", length, left));
        }
        field.is_bytes = true;
        field.end = in_.offset() + length;
        return field;
      }
      default:
        return in_.WrongAt(
            field.at, fmt::format("wire type {} of field {} is not known", key & 7, field.number));
    }
    if (in_.offset() > end) return in_.WrongAt(field.at, "a field runs over its message's end");
    return field;
  }

  static const Child* ChildOf(Message message, uint64_t field) {
    const auto* found =
        std::find_if(std::begin(kChildren), std::end(kChildren),
                     [&](const Child& one) { return one.in == message && one.field == field; });
    return found == std::end(kChildren) ? nullptr : found;
  }

  Status Walk(Message message, uint64_t end, int depth) {
    if (depth > kDeepest)
      return in_.Wrong(fmt::format("messages in messages, more than {} deep", kDeepest));
    while (in_.offset() < end) {
      TRY_ASSIGN(const Field field, Next(end));
      if (!field.is_bytes) continue;
      const Child* child = ChildOf(message, field.number);
      const bool is_value = message == Message::kGraph && depth == kOwnGraph &&
                            field.number >= kInput && field.number <= kValueInfo;
      if (message == Message::kNode && depth == kOwnGraph + 1 && field.number == 2)
        ++weights_.values.outputs;
      if (is_value) {
        TRY(Value(field));
      } else if (child == nullptr) {
        TRY(in_.Skip(field.end - in_.offset()));
      } else if (child->is == Message::kTensor) {
        TRY(Tensor(field.end));
      } else {
        has_graph_ = has_graph_ || child->is == Message::kGraph;
        TRY(Walk(child->is, field.end, depth + 1));
      }
    }
    return {};
  }

  static constexpr uint64_t kInput = 11;  // of a graph; 12: an output
  static constexpr uint64_t kValueInfo = 13;

  // The bytes of each message inside, one after the other.
  template <typename Each>
  Status ForFields(uint64_t end, const Each& each) {
    while (in_.offset() < end) {
      TRY_ASSIGN(const Field field, Next(end));
      TRY(each(field));
      if (field.is_bytes && in_.offset() < field.end) TRY(in_.Skip(field.end - in_.offset()));
    }
    return {};
  }

  // name = 1, type = 2 {tensor = 1 {element = 1, shape = 2 {dimension = 1 {number = 1}}}}
  Status Value(const Field& value) {
    OneValue one;
    TRY(ForFields(value.end, [&](const Field& field) -> Status {
      if (field.is_bytes && field.number == 1) return Name(field, one.name);
      if (!field.is_bytes || field.number != 2) return {};
      return ForFields(field.end, [&](const Field& type) -> Status {
        return type.is_bytes && type.number == 1 ? TensorType(type.end, one) : Status();
      });
    }));
    KeepValue(value.number, std::move(one));
    return {};
  }

  Status TensorType(uint64_t end, OneValue& one) {
    return ForFields(end, [&](const Field& field) -> Status {
      if (!field.is_bytes && field.number == 1) one.type = field.value;
      if (!field.is_bytes || field.number != 2) return {};
      one.has_shape = true;
      return ForFields(field.end, [&](const Field& size) -> Status {
        return size.is_bytes && size.number == 1 ? ValueDimension(size.end, one) : Status();
      });
    });
  }

  Status ValueDimension(uint64_t end, OneValue& one) {
    const uint64_t at = in_.offset();
    std::optional<uint64_t> number;
    TRY(ForFields(end, [&](const Field& field) -> Status {
      if (!field.is_bytes && field.number == 1) number = field.value;
      return {};
    }));
    if (++one.dimensions > kMostDimensions)
      return in_.WrongAt(at, fmt::format("more than {} dimensions", kMostDimensions));
    // Some exporters write 0 or -1 for what is open.
    const bool is_open = !number || *number == 0 || *number > uint64_t{1} << 62;
    one.is_open = one.is_open || (is_open && one.dimensions > 1);
    one.elements =
        std::min(one.elements * (is_open ? 1 : static_cast<int64_t>(*number)), kMostElements);
    return {};
  }

  // A longer one is of no use here.
  Status Name(const Field& field, std::string& name) {
    if (field.end - in_.offset() > 512) return {};
    TRY_ASSIGN(name, Text(field.end));
    return {};
  }

  void KeepValue(uint64_t field, OneValue one) {
    const int64_t bytes = Clamp(CeilDiv(one.elements * BitsOf(one.type), 8));
    if (field == kInput) {
      weights_.reads_tokens = weights_.reads_tokens || one.name == "input_ids";
      if (inputs_.size() < kMostNames) inputs_[std::move(one.name)] = bytes;
      return;
    }
    if (!one.has_shape || one.is_open || bytes == 0) return;
    NetworkValues& values = weights_.values;
    ++values.sized;
    values.bytes = Clamp(Wide{values.bytes} + bytes);
    values.largest = std::max(values.largest, bytes);
  }

  Status Tensor(uint64_t end) {
    OneTensor tensor;
    tensor.at = in_.offset();
    while (in_.offset() < end) {
      TRY_ASSIGN(const Field field, Next(end));
      if (!field.is_bytes) {
        if (field.number == 1) TRY(Dimension(field.value, field.at, tensor));
        if (field.number == 2) tensor.type = field.value;
        continue;
      }
      if (field.number == 1) {
        TRY(PackedDimensions(field.end, tensor));
      } else if (field.number == 13) {
        TRY(ExternalEntry(field.end, tensor));
      } else {
        if (field.number == 9) tensor.raw = field.end - in_.offset();
        if (field.number == 8) TRY(Name(field, tensor.name));
        TRY(in_.Skip(field.end - in_.offset()));
      }
    }
    return Keep(tensor);
  }

  Status PackedDimensions(uint64_t end, OneTensor& tensor) {
    while (in_.offset() < end) {
      const uint64_t at = in_.offset();
      TRY_ASSIGN(const uint64_t size, Varint());
      TRY(Dimension(size, at, tensor));
    }
    return in_.offset() == end ? Status() : in_.Wrong("a field runs over its message's end");
  }

  Status Dimension(uint64_t size, uint64_t at, OneTensor& tensor) {
    if (size > static_cast<uint64_t>(kMostElements) || ++tensor.dimensions > kMostDimensions)
      return in_.WrongAt(at, fmt::format("a dimension of {}", size));
    tensor.elements *= static_cast<int64_t>(size);
    if (tensor.elements <= kMostElements) return {};
    return in_.WrongAt(at, "a tensor of more than 2^60 elements");
  }

  Result<std::string> Text(uint64_t end) {
    const uint64_t length = end - in_.offset();
    if (length > 512)
      return in_.Wrong(fmt::format("a text of {} bytes, expected at most 512", length));
    TRY_ASSIGN(const std::string_view text, in_.Take(length));
    return std::string(text);
  }

  // {"location": a path, "offset": digits, "length": digits}, one pair at a time.
  Status ExternalEntry(uint64_t end, OneTensor& tensor) {
    const uint64_t at = in_.offset();
    std::string key;
    std::string value;
    while (in_.offset() < end) {
      TRY_ASSIGN(const Field field, Next(end));
      if (!field.is_bytes) continue;
      TRY_ASSIGN(std::string text, Text(field.end));
      (field.number == 1 ? key : value) = std::move(text);
    }
    if (key == "location") tensor.location = value;
    if (key != "offset" && key != "length") return {};
    int64_t number = -1;
    const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool whole = error == std::errc() && rest == value.data() + value.size();
    if (!whole || number < 0 || number > kMostBytes)
      return in_.WrongAt(
          at, fmt::format("`{}` of data in another file is `{}`", key, Printable(value)));
    if (key == "offset") tensor.offset = number;
    if (key == "length") tensor.length = number;
    return {};
  }

  Status Keep(const OneTensor& tensor) {
    const int64_t bits = BitsOf(tensor.type);
    const int64_t bytes = Clamp(CeilDiv(tensor.elements * bits, 8));
    if (bits > 0 && tensor.raw && *tensor.raw != static_cast<uint64_t>(bytes))
      return in_.WrongAt(tensor.at, fmt::format("a tensor holds {} bytes, but its shape needs {}",
                                                *tensor.raw, bytes));
    if (bits > 0 && tensor.length && *tensor.length != bytes)
      return in_.WrongAt(tensor.at,
                         fmt::format("a tensor takes {} bytes of `{}`, but its shape needs {}",
                                     *tensor.length, Printable(tensor.location), bytes));
    if (!tensor.location.empty()) TRY(KeepFile(tensor, bytes));
    if (stored_.size() < kMostNames && !tensor.name.empty()) stored_.insert(tensor.name);
    ++weights_.tensors;
    weights_.elements = Clamp(Wide{weights_.elements} + tensor.elements);
    weights_.bytes = Clamp(Wide{weights_.bytes} + bytes);
    return {};
  }

  static bool LeavesFolder(std::string_view path) {
    if (path.starts_with("/") || path.find('\\') != path.npos || path.find('\0') != path.npos)
      return true;
    const std::vector<std::string> parts = Split(path, '/');
    return std::find(parts.begin(), parts.end(), "..") != parts.end();
  }

  Status KeepFile(const OneTensor& tensor, int64_t bytes) {
    if (LeavesFolder(tensor.location))
      return in_.WrongAt(tensor.at, fmt::format("data in `{}`, outside of the model's folder",
                                                Printable(tensor.location)));
    if (weights_.files.size() >= kMostFiles && !weights_.files.contains(tensor.location))
      return in_.WrongAt(tensor.at, fmt::format("data in more than {} files", kMostFiles));
    int64_t& needed = weights_.files[tensor.location];
    needed = std::max(needed, Clamp(Wide{tensor.offset} + bytes));
    return {};
  }

  ByteReader in_;
  uint64_t end_;
  OnnxWeights weights_;
  std::map<std::string, int64_t> inputs_;  // bytes of each, weights among them in old files
  std::set<std::string> stored_;           // names of weights
  int64_t fields_ = 0;
  bool has_graph_ = false;
};

}  // namespace

Result<OnnxWeights> ReadOnnxWeights(ByteSource& source) { return Reader(source).Read(); }

Result<OnnxWeights> ReadOnnxWeights(std::string_view bytes, std::string_view file) {
  BytesInMemory source(bytes, file);
  return ReadOnnxWeights(source);
}

}  // namespace curbstop::fit
