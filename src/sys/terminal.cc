#include "sys/terminal.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/environment.h"

namespace curbstop {
namespace {

constexpr size_t kMostSecret = 65536;

// Reads a line, or everything where `to_end`.
std::string ReadInput(bool to_end) {
  std::string text;
  char c = 0;
  while (text.size() <= kMostSecret && read(STDIN_FILENO, &c, 1) == 1) {
    if (c == '\n' && !to_end) break;
    text += c;
  }
  return text;
}

constexpr int kEndsOrStops[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

// While one lives, what is typed is not shown, and signals that would end or stop us are held back:
// the terminal gets its echo again before they are delivered.
class EchoOff {
 public:
  EchoOff() {
    sigset_t held;
    sigemptyset(&held);
    for (const int number : kEndsOrStops) {
      if (!IsIgnored(number)) sigaddset(&held, number);
    }
    pthread_sigmask(SIG_BLOCK, &held, &signals_before_);
    signals_ = signalfd(-1, &held, SFD_CLOEXEC);
    tcgetattr(STDIN_FILENO, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    close(signals_);
    pthread_sigmask(SIG_SETMASK, &signals_before_, nullptr);
  }

  // The line typed, or none if a signal came first.
  std::optional<std::string> ReadLine() const {
    std::string text;
    for (char c = 0; text.size() <= kMostSecret;) {
      if (SignalWaits()) return std::nullopt;
      if (read(STDIN_FILENO, &c, 1) != 1 || c == '\n') break;
      text += c;
    }
    return text;
  }

 private:
  static bool IsIgnored(int number) {
    struct sigaction now{};
    return sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
  }

  // Blocks until there is something to be read, or a signal.
  bool SignalWaits() const {
    pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}};
    while (poll(fds, std::size(fds), -1) < 0 && errno == EINTR) {
    }
    return fds[1].revents != 0;
  }

  termios before_{};
  sigset_t signals_before_{};
  int signals_ = -1;
};

void WriteTo(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<size_t>(count));
  }
}

// A signal ends us here, or stops us for a while: then it is asked again.
std::string AskHidden(const std::string& question) {
  for (;;) {
    WriteErr(question);
    const EchoOff quiet;
    const std::optional<std::string> line = quiet.ReadLine();
    WriteErr("\n");
    if (line) return *line;
  }
}

}  // namespace

Terminal ReadTerminal() {
  Terminal terminal;
  terminal.in = isatty(STDIN_FILENO) == 1;
  terminal.err = isatty(STDERR_FILENO) == 1;
  terminal.colour = isatty(STDOUT_FILENO) == 1 && ReadVariable("NO_COLOR").empty();
  winsize size{};
  const std::string columns = ReadVariable("COLUMNS");
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = size.ws_col;
  } else if (IsDigits(columns) && columns.size() < 5) {
    terminal.width = std::max(20, std::atoi(columns.c_str()));
  }
  return terminal;
}

Result<bool> AskYesNo(const Terminal& terminal, std::string_view question) {
  if (!terminal.in) {
    return Denied(fmt::format("cannot ask \"{}\": stdin is not a terminal", question))
        .WithHint("add `--yes` if you mean it");
  }
  WriteErr(fmt::format("{} [y/N] ", question));
  const std::string answer = Lower(Trim(ReadInput(false)));
  return answer == "y" || answer == "yes";
}

Result<Secret> ReadSecretValue(const Terminal& terminal, std::string_view name) {
  std::string value;
  if (terminal.in) {
    value = AskHidden(fmt::format("value of {} (not shown): ", name));
  } else {
    value = ReadInput(true);
    if (value.ends_with('\n')) value.pop_back();
  }
  if (value.empty()) return InvalidInput(fmt::format("the value of `{}` is empty", name));
  if (value.size() > kMostSecret)
    return InvalidInput(fmt::format("the value of `{}` is above 64 KiB", name));
  return Secret(std::move(value));
}

void WriteOut(std::string_view text) { WriteTo(STDOUT_FILENO, text); }
void WriteErr(std::string_view text) { WriteTo(STDERR_FILENO, text); }

}  // namespace curbstop
