#include "run/agent/follow.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include "run/agent/follow_orders.h"
#include "run/agent/lease_watch.h"
#include "sys/file_lock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr size_t kMostHeld = 1 << 20;
constexpr int kLookMs = 50;
constexpr Ticks kLifeEvery = std::chrono::milliseconds(900);

std::filesystem::path MarkOf(const std::filesystem::path& folder) { return folder / "follow.lock"; }

// Shared: an old follower whose link is dead may still be there.
class FollowMark {
 public:
  explicit FollowMark(const std::filesystem::path& folder)
      : fd_(open(MarkOf(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ >= 0) flock(fd_, LOCK_SH);
  }
  FollowMark(const FollowMark&) = delete;
  FollowMark& operator=(const FollowMark&) = delete;
  ~FollowMark() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  int fd_;
};

class Follower {
 public:
  Follower(const FollowRequest& request, const std::filesystem::path& home, Clock& clock,
           FileStore& files)
      : request_(request),
        clock_(clock),
        feed_(request.folder, request.from),
        orders_(request.folder, files),
        lease_(home / "lease"),
        heard_(clock.Awake()) {}

  Status Run() {
    while (!is_over_) {
      TRY(Fill());
      TRY(Wait());
      if (request_.most_silence.count() > 0 && clock_.Awake() - heard_ > request_.most_silence)
        return Unavailable("nothing was heard from the other side");
    }
    return {};
  }

 private:
  Status Fill() {
    if (clock_.Awake() >= next_life_) {
      next_life_ = clock_.Awake() + kLifeEvery;
      held_ += WriteJson(Life()) + "\n";
    }
    if (held_.size() >= kMostHeld) return {};
    TRY_ASSIGN(const std::string more, feed_.Next());
    held_ += more;
    is_behind_ = !more.empty();
    return {};
  }

  Json Life() {
    Json life = Json::MakeObject({{"from", "life"}});
    lease_.Left();
    if (const auto uptime = ReadUptime())
      life.Set("uptime_ms", int64_t{*uptime / std::chrono::milliseconds(1)});
    if (const auto end = lease_.end_s()) life.Set("lease_end_s", *end);
    life.Set("agent", IsLocked(request_.folder / "agent.lock"));
    return life;
  }

  Status Wait() {
    pollfd waited[] = {{request_.in, POLLIN, 0},
                       {request_.out, static_cast<short>(held_.empty() ? 0 : POLLOUT), 0}};
    const bool can_go_on = is_behind_ && held_.size() < kMostHeld;
    if (poll(waited, 2, can_go_on ? 0 : kLookMs) < 0) return {};
    if ((waited[1].revents & (POLLERR | POLLHUP)) != 0) is_over_ = true;
    if ((waited[1].revents & POLLOUT) != 0) Send();
    return waited[0].revents != 0 ? Hear() : Status();
  }

  void Send() {
    const ssize_t sent = write(request_.out, held_.data(), held_.size());
    if (sent > 0) held_.erase(0, static_cast<size_t>(sent));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) is_over_ = true;
  }

  Status Hear() {
    char buffer[65536];
    const ssize_t got = read(request_.in, buffer, sizeof buffer);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    is_over_ = is_over_ || got <= 0;
    if (got <= 0) return {};
    heard_ = clock_.Awake();
    TRY_ASSIGN(const std::string answers,
               orders_.Hear(std::string_view(buffer, static_cast<size_t>(got))));
    held_ += answers;
    return {};
  }

  const FollowRequest& request_;
  Clock& clock_;
  FollowFeed feed_;
  FollowOrders orders_;
  LeaseWatch lease_;
  std::string held_;
  bool is_behind_ = true;
  bool is_over_ = false;
  Ticks next_life_{0};
  Ticks heard_;
};

void MakeNonBlocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

Status Follow(const FollowRequest& request, const std::filesystem::path& home, Clock& clock,
              FileStore& files) {
  if (!IsFolder(request.folder)) {
    return NotFound(fmt::format("no run lies in `{}`", request.folder.string()));
  }
  const FollowMark mark(request.folder);
  MakeNonBlocking(request.out);
  return Follower(request, home, clock, files).Run();
}

bool SomebodyFollows(const std::filesystem::path& folder) {
  const int fd = open(MarkOf(folder).c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  const bool is_held = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(fd);
  return is_held;
}

}  // namespace curbstop
