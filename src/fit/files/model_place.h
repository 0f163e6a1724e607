// Where a model's files lie side by side: a folder, or an address on the web.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "fit/byte_source.h"
#include "fit/files/http_source.h"

namespace curbstop::fit {

class ModelPlace {
 public:
  virtual ~ModelPlace() = default;
  // The folder's own name, printable: what a model is called that has no name inside.
  virtual std::string name() const = 0;
  // Errors: kNotFound where there is no such file; those of HttpSource.
  virtual Result<std::unique_ptr<ByteSource>> Open(const std::string& file) const = 0;
};

class LocalPlace final : public ModelPlace {
 public:
  explicit LocalPlace(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::string name() const override;
  Result<std::unique_ptr<ByteSource>> Open(const std::string& file) const override;

 private:
  std::filesystem::path folder_;
};

class WebPlace final : public ModelPlace {
 public:
  // `base`: the address that a file's name is put behind, with a `/` at its end. `reach` must
  // outlive the place and what it opens.
  WebPlace(std::string base, const WebReach& reach) : base_(std::move(base)), reach_(reach) {}
  std::string name() const override;
  Result<std::unique_ptr<ByteSource>> Open(const std::string& file) const override;

 private:
  std::string base_;
  const WebReach& reach_;
};

// An address as people copy it, taken apart: "…/resolve/main/" and a file, or no file for a
// repository. Pages of Hugging Face ("/blob/main/x.gguf", "/tree/main", "org/name") become the
// addresses of the files behind them; what follows `?` stays with the file alone.
struct WebAddress {
  std::string base;
  std::string file;   // empty: a folder or repository
  std::string query;  // "?download=true"
};
// Errors: kInvalidInput: not http or https, no server.
Result<WebAddress> ReadWebAddress(const std::string& url);

bool IsWebAddress(std::string_view word);

// The first bytes of a whole file that must be small. Errors: kCorrupt above `most`.
Result<std::string> ReadWhole(ByteSource& source, uint64_t most);

}  // namespace curbstop::fit
