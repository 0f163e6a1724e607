#include "cloud/birth_script.h"

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

// {0} key variable, {1} id variable, {2} address. curl and python3 take the key from stdin; GNU
// wget reads its settings from plain files only, so it gets one in memory that has no name any
// more. An image has at least one of the three, or the rehearsal fails.
constexpr std::string_view kEndMachine = R"sh(#!/bin/sh
own() {{ tr '\000' '\n' </proc/1/environ 2>/dev/null | sed -n "s/^$1=//p" | head -n 1; }}
key=$(own {0}); id=$(own {1})
key=${{key:-${0}}}; id=${{id:-${1}}}
m=DELETE; [ "$1" = check ] && m=GET
u="{2}"
if command -v curl >/dev/null; then
  printf 'header = "Authorization: Bearer %s"\n' "$key" |
    curl -fsS -m 20 -o /dev/null -X $m -K - "$u"
elif wget --version >/dev/null 2>&1; then
  f=/dev/shm/e$$; umask 077; exec 3>"$f" 4<"$f"; rm -f "$f"
  printf 'header = Authorization: Bearer %s\n' "$key" >&3
  wget -q -T 20 -t 1 -O /dev/null --method=$m --config=/proc/self/fd/4 "$u"
else
  printf '%s' "$key" | python3 -c 'import sys,urllib.request as r
r.urlopen(r.Request(sys.argv[2],method=sys.argv[1],headers={{"Authorization":"Bearer "+sys.stdin.read()}}),timeout=20)' $m "$u"
fi
)sh";

// {0} seconds of lease, {1} end-machine, {2} public key, quoted. Started again (a container may be)
// it keeps its lease; after another boot the lease's end says nothing, and it is over. The loop
// keeps the last lease that it could read, and ends the machine again and again until that has
// worked.
constexpr std::string_view kBirth = R"sh(umask 077
H=${{CURBSTOP_HOME:-/var/lib/curbstop}}; mkdir -p "$H"
cat >"$H/end-machine" <<'END_MACHINE'
{1}END_MACHINE
chmod 700 "$H/end-machine"
up() {{ read -r u r </proc/uptime; echo "${{u%%.*}}"; }}
put() {{ echo "$2" >"$H/$1.tmp"; mv "$H/$1.tmp" "$H/$1"; }}
b=$(cat /proc/sys/kernel/random/boot_id); was=$(cat "$H/boot" 2>/dev/null)
if [ -z "$was" ]; then put lease $(($(up) + {0})); elif [ "$was" != "$b" ]; then put lease 0; fi
put boot "$b"
(
  trap '' HUP
  end=$(($(up) + {0}))
  while [ "$(up)" -lt "$end" ]; do
    sleep 1
    read -r new <"$H/lease" && case $new in ''|*[!0-9]*|??????????????*) ;; *) end=$new ;; esac
  done
  while :; do "$H/end-machine"; sleep 5; done
) </dev/null >/dev/null 2>&1 &
mkdir -p ~/.ssh && printf '%s\n' {2} >>~/.ssh/authorized_keys
touch ~/.no_auto_tmux
)sh";

Status CheckPublicKey(std::string_view key) {
  const bool one_line = key.starts_with("ssh-") || key.starts_with("ecdsa-");
  for (const char c : key) {
    if (c < ' ' || c > '~') return InvalidInput("a public key is one line of text");
  }
  return one_line ? Status() : InvalidInput("a public key starts with `ssh-` or `ecdsa-`");
}

}  // namespace

Result<std::string> BirthScript(const SelfEnd& end, const Birth& birth) {
  TRY(CheckPublicKey(birth.public_key));
  const int64_t seconds = birth.lease.count() / 1000;
  if (seconds < 1) return InvalidInput("a lease lasts a second at least");
  const std::string end_machine =
      fmt::format(fmt::runtime(kEndMachine), end.key_variable, end.id_variable, end.url);
  return fmt::format(fmt::runtime(kBirth), seconds, end_machine, ShellQuote(birth.public_key));
}

}  // namespace curbstop
