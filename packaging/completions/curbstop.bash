# bash completion for curbstop; made by `./dev docs`.
_curbstop() {
  local path="" word words="" current=${COMP_WORDS[COMP_CWORD]}
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "${path:+$path }$word" in
      "assess"|"cancel"|"config"|"config schema"|"config show"|"cost"|"data"|"data add"|"data checkout"|"data du"|"data gc"|"data status"|"drill"|"exec"|"init"|"login"|"logs"|"machine"|"machine ls"|"machine sweep"|"model"|"model fit"|"offers"|"panic"|"park"|"paths"|"plan"|"practice"|"practice start"|"practice status"|"practice stop"|"ps"|"pull"|"run"|"runs"|"runs diff"|"runs rm"|"runs show"|"secret"|"secret ls"|"secret rm"|"secret set"|"simulate"|"simulate spot"|"ssh") path="${path:+$path }$word" ;;
    esac
  done
  case "$path" in
    "") words="assess offers plan run ps panic init logs cancel park ssh exec pull login runs cost drill simulate config secret data model machine practice paths --help --json --version --yes" ;;
    "assess") words="--explain --help --json --measure --record --root --version --yes" ;;
    "offers") words="--all --by --file --folder --for --fresh --gpu --group --help --json --keep --limit --max-price --method --model --need --offers --on-demand --provider --quant --region --set-aside --spot --step --version --vram --yes" ;;
    "plan") words="--deadline --explain --file --folder --front --help --json --offers --on --out --soonest --spend --version --why-not --yes" ;;
    "run") words="--deadline --detach --file --folder --force --help --json --keep --keep-on-failure --lease --on --plan --set --soonest --spend --version --yes" ;;
    "ps") words="--help --json --version --yes" ;;
    "panic") words="--all --help --json --version --yes" ;;
    "init") words="--folder --help --json --run --version --yes" ;;
    "logs") words="--follow --help --json --lines --version --yes" ;;
    "cancel") words="--help --json --kill --version --yes" ;;
    "park") words="--help --json --version --yes" ;;
    "ssh") words="--forward --help --json --version --yes" ;;
    "exec") words="--help --json --version --yes" ;;
    "pull") words="--help --json --to --version --yes" ;;
    "login") words="--help --json --version --yes" ;;
    "runs") words="show diff rm --all --help --json --most --step --version --yes" ;;
    "runs show") words="--help --json --version --yes" ;;
    "runs diff") words="--help --json --version --yes" ;;
    "runs rm") words="--help --json --version --yes" ;;
    "cost") words="--all --help --json --project --since --version --yes" ;;
    "drill") words="--file --folder --help --json --on --set --tolerance --version --yes" ;;
    "simulate") words="spot --disasters --drawing --help --json --pairs --plant --seed --threads --trace --version --yes" ;;
    "simulate spot") words="--availability --budget --checkpoint-gb --deadline --egress --help --json --local --on-demand --one-means --overhead --policy --spot-price --starts --tick --trace --version --work --yes --zones" ;;
    "config") words="schema show --help --json --version --yes" ;;
    "config schema") words="--help --json --version --yes" ;;
    "config show") words="--help --json --origin --version --yes" ;;
    "secret") words="set ls rm --help --json --version --yes" ;;
    "secret set") words="--help --json --version --yes" ;;
    "secret ls") words="--help --json --version --yes" ;;
    "secret rm") words="--help --json --version --yes" ;;
    "data") words="add status checkout gc du --help --json --version --yes" ;;
    "data add") words="--help --json --version --yes" ;;
    "data status") words="--help --json --version --yes" ;;
    "data checkout") words="--dry-run --help --json --version --yes" ;;
    "data gc") words="--dry-run --help --json --version --yes" ;;
    "data du") words="--help --json --version --yes" ;;
    "model") words="fit --help --json --version --yes" ;;
    "model fit") words="--accumulate --batch --build --cache-type --calibrate --checkpointing --chunked-loss --classes --clusters --columns --context --cpu-offload --depth --engine --experts-in-ram --explain --from-log --gpu --gpu-layers --help --image --images --json --ladder --max-batch --max-context --memory --method --mixed-precision --no-flash-attention --offers --optimizer --optimizer-in-backward --probe --probe-limit --python --quant --rank --remember --rows --sequence --sharding --slots --step --technique --tokens --trees --ubatch --verify --version --yes" ;;
    "machine") words="ls sweep --help --json --version --yes" ;;
    "machine ls") words="--help --json --version --yes" ;;
    "machine sweep") words="--end --help --json --version --yes" ;;
    "practice") words="start status stop --help --json --version --yes" ;;
    "practice start") words="--boot --disk --faults --fresh --help --json --list-lag --no-self-end --seed --still --trace --version --yes" ;;
    "practice status") words="--help --json --version --yes" ;;
    "practice stop") words="--help --json --version --yes" ;;
    "paths") words="--help --json --version --yes" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _curbstop curbstop
