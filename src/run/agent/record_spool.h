// The step's MLflow endpoint away from home: answers the stock client from memory and spools every
// call that changes something to `record.calls`, durable before the answer leaves. Artifacts lie as
// files beside it, in `record.artifacts/`, named by the number of their line.
//
// Threads: the server has its own; the object belongs to one.
// Format: docs/formats/agent-away.md.
#pragma once

#include <filesystem>
#include <memory>

#include "base/json.h"
#include "base/result.h"
#include "sys/clock.h"
#include "sys/file_store.h"
#include "sys/random_bytes.h"
#include "sys/secret.h"

namespace curbstop {

struct RecordSpoolOptions {
  std::filesystem::path folder;  // the run's
  Json start;                    // what home had (agent/away_record.h)
  Secret token;                  // Bearer, or the password of Basic; without it: 401
};

class RecordSpool {
 public:
  // At the port of the run's last endpoint (`record.port`), or another where that is taken.
  static Result<std::unique_ptr<RecordSpool>> Start(RecordSpoolOptions options, Clock& clock,
                                                    FileStore& files, Random& random);
  virtual ~RecordSpool() = default;
  virtual int port() const = 0;
};

}  // namespace curbstop
