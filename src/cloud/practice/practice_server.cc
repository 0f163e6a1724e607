#include "cloud/practice/practice_server.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "cloud/practice/practice_places.h"
#include "sys/file_lock.h"
#include "sys/http/http_server.h"

namespace curbstop {
namespace {

constexpr int64_t kLongestBody = 1 << 20;
constexpr Millis kLook{20};       // for what a request has changed
constexpr int64_t kBeatMs = 500;  // without any reason

HttpResponse ToResponse(PracticeReply reply) {
  return {.status = reply.status,
          .content_type = std::move(reply.content_type),
          .body = std::move(reply.body),
          .headers = std::move(reply.headers)};
}

// Apart from the time up to which it was worked out, which a later start works out again.
std::string Lasting(const PracticeState& state) {
  PracticeState lasting = state;
  lasting.now_ms = 0;
  return PracticeStateText(lasting);
}

// The world behind its lock, saved whenever something that lasts has changed.
class KeptWorld {
 public:
  KeptWorld(PracticeWorld world, const PracticeHome& home, FileStore& files, Clock& clock)
      : world_(std::move(world)), home_(home), files_(files), clock_(clock) {}

  // A state that cannot be kept answers nothing: the machine would be lost with the server.
  PracticeReply Serve(const PracticeRequest& request) {
    const std::lock_guard lock(mutex_);
    PracticeReply reply = ServePractice(world_, request, clock_.WallMs());
    GivePorts(world_);
    asked_ = true;
    const Status kept = Keep();
    if (kept.ok()) return reply;
    return {.status = 503, .headers = {}, .body = "{}"};
  }

  Status Beat() {
    const std::lock_guard lock(mutex_);
    AdvancePractice(world_, clock_.WallMs());
    GivePorts(world_);
    asked_ = false;
    due_ms_ = std::min(NextPracticeMoment(world_), world_.state.now_ms + kBeatMs);
    const auto& machines = world_.state.machines;
    if (std::any_of(machines.begin(), machines.end(), [](const auto& m) { return m.Exists(); }))
      busy_ms_ = world_.state.now_ms;
    return Keep();
  }

  bool IsDue() {
    const std::lock_guard lock(mutex_);
    return asked_ || clock_.WallMs() >= due_ms_;
  }

  std::vector<WantedMachine> Wanted() {
    const std::lock_guard lock(mutex_);
    return WantedMachines(world_);
  }

  bool IsIdle() {
    const std::lock_guard lock(mutex_);
    const int64_t most = world_.state.settings.idle_ms;
    busy_ms_ = busy_ms_ == 0 ? world_.state.now_ms : busy_ms_;
    return most > 0 && world_.state.now_ms - busy_ms_ >= most;
  }

  Status ServeOn(int port) {
    const std::lock_guard lock(mutex_);
    world_.state.port = port;
    return Keep();
  }

 private:
  Status Keep() {
    std::string lasting = Lasting(world_.state);
    if (lasting == kept_) return {};
    TRY(SavePractice(home_, files_, world_.state));
    kept_ = std::move(lasting);
    return {};
  }

  std::mutex mutex_;
  PracticeWorld world_;
  PracticeHome home_;
  FileStore& files_;
  Clock& clock_;
  std::string kept_;
  int64_t busy_ms_ = 0;
  int64_t due_ms_ = 0;
  bool asked_ = false;  // a request came in since the last beat
};

class WorldHandler final : public HttpHandler {
 public:
  explicit WorldHandler(KeptWorld& world) : world_(world) {}

  HttpResponse Handle(const HttpRequest& request, HttpBody& body) override {
    const Result<std::string> text = ReadWhole(body, kLongestBody);
    if (!text.ok()) return Refuse(413);
    return ToResponse(world_.Serve({.method = request.method,
                                    .path = request.path,
                                    .query = request.query,
                                    .authorization = request.header("Authorization"),
                                    .body = *text}));
  }

  HttpResponse Refuse(int status) override { return {.status = status, .body = "{}"}; }

 private:
  KeptWorld& world_;
};

class LoopbackServer final : public PracticeServer {
 public:
  LoopbackServer(FileLock lock, std::unique_ptr<KeptWorld> world,
                 std::unique_ptr<WorldHandler> handler, std::unique_ptr<HttpServer> http,
                 Clock& clock, MachinePlaces* places)
      : lock_(std::move(lock)),
        world_(std::move(world)),
        handler_(std::move(handler)),
        http_(std::move(http)),
        clock_(clock),
        places_(places) {}

  Status Run(std::stop_token stop) override {
    while (!world_->IsIdle()) {
      TRY(world_->Beat());
      if (places_ != nullptr) places_->Keep(world_->Wanted());
      while (!world_->IsDue()) {
        if (!clock_.Wait(kLook, stop)) return {};
      }
    }
    return {};
  }

  int port() const override { return http_->port(); }

 private:
  FileLock lock_;
  std::unique_ptr<KeptWorld> world_;
  std::unique_ptr<WorldHandler> handler_;
  std::unique_ptr<HttpServer> http_;
  Clock& clock_;
  MachinePlaces* places_;
};

}  // namespace

Result<std::unique_ptr<PracticeServer>> PracticeServer::Start(const PracticeHome& home,
                                                              FileStore& files, Clock& clock,
                                                              PracticePlaces places) {
  TRY_ASSIGN(std::optional<FileLock> lock, FileLock::TryTake(home.Lock()));
  if (!lock) return Conflict("the practice cloud is running already");
  TRY_ASSIGN(PracticeState state, LoadPractice(home));
  const auto port = static_cast<int>(state.port);
  TRY_ASSIGN(PracticeWorld world, WorldOf(std::move(state)));
  auto kept = std::make_unique<KeptWorld>(std::move(world), home, files, clock);
  auto handler = std::make_unique<WorldHandler>(*kept);
  // Machines that live on call back at the port they were born with.
  TRY_ASSIGN(auto http, HttpServer::Start(port, *handler));
  TRY(kept->ServeOn(http->port()));
  TRY(WriteRunningPractice(home, files, places.choice));
  return std::unique_ptr<PracticeServer>(
      std::make_unique<LoopbackServer>(*std::move(lock), std::move(kept), std::move(handler),
                                       std::move(http), clock, places.machines));
}

}  // namespace curbstop
