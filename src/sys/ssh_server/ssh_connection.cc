#include "sys/ssh_server/ssh_connection.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/server.h>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/ssh_server/channel_pump.h"
#include "sys/ssh_server/session_child.h"
#include "sys/ssh_server/ssh_keys.h"

namespace curbstop {
namespace {

constexpr Ticks kLoginLimit = std::chrono::seconds(60);
constexpr Ticks kHangUpGrace = std::chrono::seconds(2);
constexpr long kHandshakeSeconds = 30;
constexpr int kMostKeyTries = 60;
constexpr size_t kMostChannels = 64;
constexpr int64_t kLongestKeyFile = 64 << 10;
constexpr const char* kSftpServer = "/usr/lib/openssh/sftp-server";

// What a client sees of a signal: the name without "SIG" (RFC 4254 §6.10).
struct SignalName {
  int number;
  const char* name;
};
constexpr std::array kSignals = {
    SignalName{SIGABRT, "ABRT"}, SignalName{SIGALRM, "ALRM"}, SignalName{SIGFPE, "FPE"},
    SignalName{SIGHUP, "HUP"},   SignalName{SIGILL, "ILL"},   SignalName{SIGINT, "INT"},
    SignalName{SIGKILL, "KILL"}, SignalName{SIGPIPE, "PIPE"}, SignalName{SIGQUIT, "QUIT"},
    SignalName{SIGSEGV, "SEGV"}, SignalName{SIGTERM, "TERM"}, SignalName{SIGUSR1, "USR1"},
    SignalName{SIGUSR2, "USR2"}};

const char* NameOfSignal(int number) {
  for (const SignalName& known : kSignals) {
    if (known.number == number) return known.name;
  }
  return "SEGV";
}

int SignalNamed(const char* name) {
  for (const SignalName& known : kSignals) {
    if (name != nullptr && std::string_view(name) == known.name) return known.number;
  }
  return 0;
}

class Connection;

// A channel that the client opened: a session, or a way to a port.
struct Channel {
  Channel(Connection& owner, ssh_session session, ssh_channel channel)
      : connection(owner), pump(session, channel) {}

  Connection& connection;
  ChannelPump pump;
  ssh_channel_callbacks_struct callbacks{};
  std::optional<TerminalShape> terminal;
  std::string term;
  pid_t child = -1;  // running, not yet waited for
  bool is_session = false;
  bool told_end = false;  // exit status or signal

  bool MayEnd() const { return !is_session || told_end; }
};

// A process group that shall be gone by then.
struct Doomed {
  pid_t group;
  Ticks by;
};

class Connection {
 public:
  explicit Connection(const SshSetup& setup) : setup_(setup) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  Status Serve(int socket);

  int StartCommand(Channel& channel, const char* command);
  int StartSubsystem(Channel& channel, const char* name);
  int OpenWay(ssh_message message);
  ssh_channel OpenSession();
  int Authenticate(const char* user, ssh_key key, char state);

 private:
  Status Greet(int socket);
  Status Loop();
  void Wait();
  void Reap();
  void TellEnds();
  void ForgetClosed();
  void HangUp(Channel& channel);
  void EndDoomed(bool all);
  bool IsWelcome(ssh_key key) const;
  Channel& AddChannel(ssh_channel channel);
  SessionRequest RequestFor(const Channel& channel) const;
  int Start(Channel& channel, const SessionRequest& request);

  const SshSetup& setup_;
  ssh_bind bind_ = nullptr;
  ssh_session session_ = nullptr;
  ssh_event event_ = nullptr;
  ssh_server_callbacks_struct callbacks_{};
  int signals_ = -1;
  bool logged_in_ = false;
  int tries_ = 0;
  RealClock clock_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<Doomed> doomed_;
};

// ---- what libssh calls ----

Channel& ChannelOf(void* data) { return *static_cast<Channel*>(data); }

int OnTerminal(ssh_session, ssh_channel, const char* term, int columns, int rows, int wide,
               int high, void* data) {
  Channel& channel = ChannelOf(data);
  if (channel.pump.is_connected()) return -1;
  channel.terminal =
      TerminalShape{.columns = columns, .rows = rows, .pixels_wide = wide, .pixels_high = high};
  channel.term = term == nullptr ? "" : term;
  return 0;
}

int OnReshape(ssh_session, ssh_channel, int columns, int rows, int wide, int high, void* data) {
  const Channel& channel = ChannelOf(data);
  if (!channel.terminal || channel.pump.terminal() < 0) return -1;
  ReshapeTerminal(channel.pump.terminal(),
                  {.columns = columns, .rows = rows, .pixels_wide = wide, .pixels_high = high});
  return 0;
}

int OnShell(ssh_session, ssh_channel, void* data) {
  Channel& channel = ChannelOf(data);
  return channel.connection.StartCommand(channel, nullptr);
}

int OnExec(ssh_session, ssh_channel, const char* command, void* data) {
  Channel& channel = ChannelOf(data);
  return channel.connection.StartCommand(channel, command);
}

int OnSubsystem(ssh_session, ssh_channel, const char* name, void* data) {
  Channel& channel = ChannelOf(data);
  return channel.connection.StartSubsystem(channel, name);
}

void OnSignal(ssh_session, ssh_channel, const char* name, void* data) {
  const Channel& channel = ChannelOf(data);
  const int number = SignalNamed(name);
  if (channel.child > 0 && number > 0) kill(-channel.child, number);
}

ssh_channel OnSession(ssh_session, void* data) {
  return static_cast<Connection*>(data)->OpenSession();
}

int OnKey(ssh_session, const char* user, ssh_key_struct* key, char state, void* data) {
  return static_cast<Connection*>(data)->Authenticate(user, key, state);
}

// 1: not ours, the library refuses it.
int OnMessage(ssh_session, ssh_message message, void* data) {
  const bool is_way = ssh_message_type(message) == SSH_REQUEST_CHANNEL_OPEN &&
                      ssh_message_subtype(message) == SSH_CHANNEL_DIRECT_TCPIP;
  return is_way ? static_cast<Connection*>(data)->OpenWay(message) : 1;
}

// ---- logging in ----

bool Connection::IsWelcome(ssh_key key) const {
  const Result<std::string> text = ReadFile(setup_.authorized_keys, kLongestKeyFile);
  if (!text.ok()) return false;
  for (const AuthorizedKey& known : ReadAuthorizedKeys(*text)) {
    ssh_key read = nullptr;
    const ssh_keytypes_e type = ssh_key_type_from_name(known.type.c_str());
    if (ssh_pki_import_pubkey_base64(known.key.c_str(), type, &read) != SSH_OK) continue;
    const bool same = ssh_key_cmp(read, key, SSH_KEY_CMP_PUBLIC) == 0;
    ssh_key_free(read);
    if (same) return true;
  }
  return false;
}

int Connection::Authenticate(const char* user, ssh_key key, char state) {
  if (++tries_ > kMostKeyTries) {
    ssh_disconnect(session_);
    return SSH_AUTH_DENIED;
  }
  if (user == nullptr || user != setup_.user || !IsWelcome(key)) return SSH_AUTH_DENIED;
  if (state == SSH_PUBLICKEY_STATE_NONE) return SSH_AUTH_SUCCESS;  // "would this one do?"
  if (state != SSH_PUBLICKEY_STATE_VALID) return SSH_AUTH_DENIED;
  logged_in_ = true;
  return SSH_AUTH_SUCCESS;
}

Status Connection::Greet(int socket) {
  ssh_key key = nullptr;
  if (ssh_pki_import_privkey_base64(setup_.host_key.c_str(), nullptr, nullptr, nullptr, &key) !=
      SSH_OK)
    return Corrupt("the host key is none");
  bind_ = ssh_bind_new();
  session_ = ssh_new();
  bool no = false;
  ssh_bind_options_set(bind_, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);  // no file of the system's
  ssh_bind_options_set(bind_, SSH_BIND_OPTIONS_IMPORT_KEY, key);      // which keeps it
  if (ssh_bind_accept_fd(bind_, session_, socket) != SSH_OK)
    return Unavailable(fmt::format("no SSH: {}", Printable(ssh_get_error(bind_))));
  long limit = kHandshakeSeconds;
  ssh_options_set(session_, SSH_OPTIONS_TIMEOUT, &limit);
  callbacks_ = {.size = sizeof callbacks_,
                .userdata = this,
                .auth_pubkey_function = OnKey,
                .channel_open_request_session_function = OnSession};
  ssh_set_server_callbacks(session_, &callbacks_);
  ssh_set_message_callback(session_, OnMessage, this);
  ssh_set_auth_methods(session_, SSH_AUTH_METHOD_PUBLICKEY);
  if (ssh_handle_key_exchange(session_) == SSH_OK) return {};
  return Unavailable(fmt::format("no SSH: {}", Printable(ssh_get_error(session_))));
}

// ---- channels ----

Channel& Connection::AddChannel(ssh_channel made) {
  Channel& channel = *channels_.emplace_back(std::make_unique<Channel>(*this, session_, made));
  return channel;
}

ssh_channel Connection::OpenSession() {
  if (!logged_in_ || channels_.size() >= kMostChannels) return nullptr;
  ssh_channel made = ssh_channel_new(session_);
  if (made == nullptr) return nullptr;
  Channel& channel = AddChannel(made);
  channel.is_session = true;
  channel.callbacks = {.size = sizeof channel.callbacks,
                       .userdata = &channel,
                       .channel_signal_function = OnSignal,
                       .channel_pty_request_function = OnTerminal,
                       .channel_shell_request_function = OnShell,
                       .channel_pty_window_change_function = OnReshape,
                       .channel_exec_request_function = OnExec,
                       .channel_subsystem_request_function = OnSubsystem};
  ssh_set_channel_callbacks(made, &channel.callbacks);
  return made;
}

SessionRequest Connection::RequestFor(const Channel& channel) const {
  SessionRequest request{.argv = {setup_.shell},
                         .environment = setup_.environment,
                         .folder = setup_.home,
                         .terminal = channel.terminal};
  if (channel.terminal) request.environment.emplace_back("TERM", channel.term);
  return request;
}

int Connection::StartCommand(Channel& channel, const char* command) {
  SessionRequest request = RequestFor(channel);
  if (command == nullptr) {
    request.name = "-" + std::filesystem::path(setup_.shell).filename().string();  // a login shell
  } else {
    request.argv.insert(request.argv.end(), {"-c", command});
  }
  return Start(channel, request);
}

int Connection::StartSubsystem(Channel& channel, const char* name) {
  if (name == nullptr || std::string_view(name) != "sftp" || access(kSftpServer, X_OK) != 0)
    return -1;
  SessionRequest request = RequestFor(channel);
  request.argv = {kSftpServer};
  return Start(channel, request);
}

int Connection::Start(Channel& channel, const SessionRequest& request) {
  if (channel.pump.is_connected()) return -1;  // one program for each channel
  const Result<SessionChild> child = StartSessionChild(request);
  if (!child.ok()) return -1;
  channel.child = child->pid;
  channel.pump.Connect(child->in, child->out, child->err);
  return 0;
}

bool IsLoopback(const char* host) {
  const std::string_view name = host == nullptr ? "" : host;
  return name == "localhost" || name == "127.0.0.1" || name == "::1";
}

// -1: nobody listens there.
int ConnectToLoopback(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ||
      errno == EINPROGRESS)
    return fd;
  close(fd);
  return -1;
}

int Connection::OpenWay(ssh_message message) {
  const int port = ssh_message_channel_request_open_destination_port(message);
  const bool may = logged_in_ && channels_.size() < kMostChannels && port > 0 && port < 65536 &&
                   IsLoopback(ssh_message_channel_request_open_destination(message));
  const int fd = may ? ConnectToLoopback(port) : -1;
  if (fd < 0) return 1;
  ssh_channel made = ssh_message_channel_request_open_reply_accept(message);
  const int copy = made == nullptr ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) {
    close(fd);
    return made == nullptr ? 1 : 0;
  }
  AddChannel(made).pump.Connect(fd, copy, -1);
  return 0;
}

// ---- the loop ----

void Connection::Reap() {
  signalfd_siginfo dropped;
  while (read(signals_, &dropped, sizeof dropped) > 0) {
  }
  for (const auto& channel : channels_) {
    int status = 0;
    if (channel->child <= 0 || waitpid(channel->child, &status, WNOHANG) != channel->child)
      continue;
    channel->child = -1;
    channel->told_end = true;
    if (WIFSIGNALED(status))
      ssh_channel_request_send_exit_signal(channel->pump.channel(), NameOfSignal(WTERMSIG(status)),
                                           WCOREDUMP(status) ? 1 : 0, "", "");
    else ssh_channel_request_send_exit_status(channel->pump.channel(), WEXITSTATUS(status));
  }
}

void Connection::HangUp(Channel& channel) {
  if (channel.child <= 0) return;
  kill(-channel.child, SIGHUP);
  doomed_.push_back({.group = channel.child, .by = clock_.Boot() + kHangUpGrace});
}

void Connection::EndDoomed(bool all) {
  const Ticks now = clock_.Boot();
  for (const Doomed& doomed : doomed_) {
    if (all || doomed.by <= now) kill(-doomed.group, SIGKILL);
    waitpid(doomed.group, nullptr, WNOHANG);
  }
  std::erase_if(doomed_, [&](const Doomed& doomed) { return all || doomed.by <= now; });
}

// Ended by both sides, or by the client in the middle.
void Connection::ForgetClosed() {
  std::erase_if(channels_, [&](const std::unique_ptr<Channel>& channel) {
    const bool ended = channel->pump.IsDrained() && channel->MayEnd();
    if (!ended && !channel->pump.IsClosedByPeer()) return false;
    if (ended) ssh_channel_close(channel->pump.channel());
    else HangUp(*channel);
    return true;
  });
}

void Connection::Wait() {
  std::vector<pollfd> polls;
  const bool waits = (ssh_get_poll_flags(session_) & SSH_WRITE_PENDING) != 0;
  polls.push_back({.fd = ssh_get_fd(session_),
                   .events = static_cast<short>(POLLIN | (waits ? POLLOUT : 0)),
                   .revents = 0});
  polls.push_back({.fd = signals_, .events = POLLIN, .revents = 0});
  for (const auto& channel : channels_) channel->pump.AddPolls(polls);
  constexpr int kLookMs = 500;
  poll(polls.data(), polls.size(), kLookMs);
}

bool HasMore(int fd) {
  pollfd socket{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&socket, 1, 0) > 0;
}

Status Connection::Loop() {
  const Ticks login_by = clock_.Boot() + kLoginLimit;
  constexpr int kMostReads = 64;  // then the channels have their turn
  while (ssh_is_connected(session_) != 0) {
    Wait();
    int reads = 0;
    do {
      if (ssh_event_dopoll(event_, 0) == SSH_ERROR) return {};
    } while (++reads < kMostReads && ssh_is_connected(session_) != 0 &&
             HasMore(ssh_get_fd(session_)));
    Reap();
    for (size_t i = 0; i < channels_.size(); ++i) channels_[i]->pump.Pump(channels_[i]->MayEnd());
    ForgetClosed();
    EndDoomed(false);
    if (!logged_in_ && clock_.Boot() > login_by) return Denied("nobody logged in");
  }
  return {};
}

Status Connection::Serve(int socket) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_SETMASK, &child, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signals_ = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  TRY(Greet(socket));
  ssh_set_blocking(session_, 0);
  event_ = ssh_event_new();
  ssh_event_add_session(event_, session_);
  Status served = Loop();
  return logged_in_ ? served : Denied("nobody logged in");
}

Connection::~Connection() {
  for (const auto& channel : channels_) HangUp(*channel);
  channels_.clear();
  // Each group has its grace; a process that has ended already needs none.
  while (!doomed_.empty() && doomed_.back().by > clock_.Boot()) {
    std::erase_if(doomed_, [](const Doomed& doomed) {
      waitpid(doomed.group, nullptr, WNOHANG);
      return kill(-doomed.group, 0) != 0;
    });
    if (!doomed_.empty()) clock_.Wait(std::chrono::milliseconds(20));
  }
  EndDoomed(true);
  if (event_ != nullptr) ssh_event_free(event_);
  if (session_ != nullptr) {
    ssh_disconnect(session_);
    ssh_free(session_);
  }
  if (bind_ != nullptr) ssh_bind_free(bind_);
  if (signals_ >= 0) close(signals_);
}

}  // namespace

Status ServeSshConnection(int socket, const SshSetup& setup) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Connection connection(setup);
  return connection.Serve(socket);
}

Result<int> ListenOnLoopback(int64_t port) {
  const std::string doing = fmt::format("cannot listen on port {}", port);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return FromErrno(errno, doing);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      listen(fd, SOMAXCONN) == 0)
    return fd;
  const int error = errno;
  close(fd);
  if (error == EADDRINUSE) return Conflict(doing + ": it is taken");
  return FromErrno(error, doing);
}

}  // namespace curbstop
