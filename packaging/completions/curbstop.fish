# fish completion for curbstop; made by `./dev docs`.
complete -c curbstop -n '__fish_use_subcommand' -a assess -d 'Show what this computer is good for and what not to buy'
complete -c curbstop -n '__fish_use_subcommand' -a offers -d 'Show what can be rented, best for your money first'
complete -c curbstop -n '__fish_use_subcommand' -a plan -d 'Show where each step could run, at what cost, and why'
complete -c curbstop -n '__fish_use_subcommand' -a run -d 'Plan, ask, and run the steps that have changed'
complete -c curbstop -n '__fish_use_subcommand' -a ps -d 'Show what runs now, and what this month has cost'
complete -c curbstop -n '__fish_use_subcommand' -a panic -d 'End everything that bills, and prove it'
complete -c curbstop -n '__fish_use_subcommand' -a init -d 'Write a curbstop.yaml to start from'
complete -c curbstop -n '__fish_use_subcommand' -a logs -d 'Show a step\'s output'
complete -c curbstop -n '__fish_use_subcommand' -a cancel -d 'Let a run save and end it'
complete -c curbstop -n '__fish_use_subcommand' -a park -d 'Save, end the machine, keep its disk'
complete -c curbstop -n '__fish_use_subcommand' -a ssh -d 'Log in to the machine a run rents'
complete -c curbstop -n '__fish_use_subcommand' -a exec -d 'Run a command on the machine a run rents'
complete -c curbstop -n '__fish_use_subcommand' -a pull -d 'Bring home what a run\'s machine has so far'
complete -c curbstop -n '__fish_use_subcommand' -a login -d 'Keep the key of an account'
complete -c curbstop -n '__fish_use_subcommand' -a runs -d 'List, show, compare and remove runs'
complete -c curbstop -n '__fish_use_subcommand' -a cost -d 'Show what steps have cost, from the ledger'
complete -c curbstop -n '__fish_use_subcommand' -a drill -d 'Kill a step in the middle and see whether it resumes'
complete -c curbstop -n '__fish_use_subcommand' -a simulate -d 'Try the promises on simulated disasters'
complete -c curbstop -n '__fish_use_subcommand' -a config -d 'Settings, and the schema of curbstop.yaml'
complete -c curbstop -n '__fish_use_subcommand' -a secret -d 'Values that steps see in their environment, by name'
complete -c curbstop -n '__fish_use_subcommand' -a data -d 'Data and outputs in the store, in DVC\'s own format'
complete -c curbstop -n '__fish_use_subcommand' -a model -d 'What a model needs: memory, time, hardware'
complete -c curbstop -n '__fish_use_subcommand' -a machine -d 'What is rented, on every account'
complete -c curbstop -n '__fish_use_subcommand' -a practice -d 'A cloud on this computer, billed in play money'
complete -c curbstop -n '__fish_use_subcommand' -a paths -d 'Show every file and folder that curbstop uses'
complete -c curbstop -n '__fish_use_subcommand' -l help
complete -c curbstop -n '__fish_use_subcommand' -l json
complete -c curbstop -n '__fish_use_subcommand' -l version
complete -c curbstop -n '__fish_use_subcommand' -l yes
complete -c curbstop -n '__fish_seen_subcommand_from assess' -l explain
complete -c curbstop -n '__fish_seen_subcommand_from assess' -l help
complete -c curbstop -n '__fish_seen_subcommand_from assess' -l measure
complete -c curbstop -n '__fish_seen_subcommand_from assess' -l record
complete -c curbstop -n '__fish_seen_subcommand_from assess' -l root
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l all
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l by
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l file
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l folder
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l for
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l fresh
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l gpu
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l group
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l help
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l keep
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l limit
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l max-price
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l method
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l model
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l need
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l offers
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l on-demand
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l provider
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l quant
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l region
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l set-aside
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l spot
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l step
complete -c curbstop -n '__fish_seen_subcommand_from offers' -l vram
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l deadline
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l explain
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l file
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l folder
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l front
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l help
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l offers
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l on
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l out
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l soonest
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l spend
complete -c curbstop -n '__fish_seen_subcommand_from plan' -l why-not
complete -c curbstop -n '__fish_seen_subcommand_from run' -l deadline
complete -c curbstop -n '__fish_seen_subcommand_from run' -l detach
complete -c curbstop -n '__fish_seen_subcommand_from run' -l file
complete -c curbstop -n '__fish_seen_subcommand_from run' -l folder
complete -c curbstop -n '__fish_seen_subcommand_from run' -l force
complete -c curbstop -n '__fish_seen_subcommand_from run' -l help
complete -c curbstop -n '__fish_seen_subcommand_from run' -l keep
complete -c curbstop -n '__fish_seen_subcommand_from run' -l keep-on-failure
complete -c curbstop -n '__fish_seen_subcommand_from run' -l lease
complete -c curbstop -n '__fish_seen_subcommand_from run' -l on
complete -c curbstop -n '__fish_seen_subcommand_from run' -l plan
complete -c curbstop -n '__fish_seen_subcommand_from run' -l set
complete -c curbstop -n '__fish_seen_subcommand_from run' -l soonest
complete -c curbstop -n '__fish_seen_subcommand_from run' -l spend
complete -c curbstop -n '__fish_seen_subcommand_from ps' -l help
complete -c curbstop -n '__fish_seen_subcommand_from panic' -l all
complete -c curbstop -n '__fish_seen_subcommand_from panic' -l help
complete -c curbstop -n '__fish_seen_subcommand_from init' -l folder
complete -c curbstop -n '__fish_seen_subcommand_from init' -l help
complete -c curbstop -n '__fish_seen_subcommand_from init' -l run
complete -c curbstop -n '__fish_seen_subcommand_from logs' -l follow
complete -c curbstop -n '__fish_seen_subcommand_from logs' -l help
complete -c curbstop -n '__fish_seen_subcommand_from logs' -l lines
complete -c curbstop -n '__fish_seen_subcommand_from cancel' -l help
complete -c curbstop -n '__fish_seen_subcommand_from cancel' -l kill
complete -c curbstop -n '__fish_seen_subcommand_from park' -l help
complete -c curbstop -n '__fish_seen_subcommand_from ssh' -l forward
complete -c curbstop -n '__fish_seen_subcommand_from ssh' -l help
complete -c curbstop -n '__fish_seen_subcommand_from exec' -l help
complete -c curbstop -n '__fish_seen_subcommand_from pull' -l help
complete -c curbstop -n '__fish_seen_subcommand_from pull' -l to
complete -c curbstop -n '__fish_seen_subcommand_from login' -l help
complete -c curbstop -n '__fish_seen_subcommand_from runs' -a show -d 'Everything about one run'
complete -c curbstop -n '__fish_seen_subcommand_from runs' -a diff -d 'What differs between two runs'
complete -c curbstop -n '__fish_seen_subcommand_from runs' -a rm -d 'Remove runs; the ledger keeps what they cost'
complete -c curbstop -n '__fish_seen_subcommand_from runs' -l all
complete -c curbstop -n '__fish_seen_subcommand_from runs' -l help
complete -c curbstop -n '__fish_seen_subcommand_from runs' -l most
complete -c curbstop -n '__fish_seen_subcommand_from runs' -l step
complete -c curbstop -n '__fish_seen_subcommand_from runs ; and __fish_seen_subcommand_from show' -l help
complete -c curbstop -n '__fish_seen_subcommand_from runs ; and __fish_seen_subcommand_from diff' -l help
complete -c curbstop -n '__fish_seen_subcommand_from runs ; and __fish_seen_subcommand_from rm' -l help
complete -c curbstop -n '__fish_seen_subcommand_from cost' -l all
complete -c curbstop -n '__fish_seen_subcommand_from cost' -l help
complete -c curbstop -n '__fish_seen_subcommand_from cost' -l project
complete -c curbstop -n '__fish_seen_subcommand_from cost' -l since
complete -c curbstop -n '__fish_seen_subcommand_from drill' -l file
complete -c curbstop -n '__fish_seen_subcommand_from drill' -l folder
complete -c curbstop -n '__fish_seen_subcommand_from drill' -l help
complete -c curbstop -n '__fish_seen_subcommand_from drill' -l on
complete -c curbstop -n '__fish_seen_subcommand_from drill' -l set
complete -c curbstop -n '__fish_seen_subcommand_from drill' -l tolerance
complete -c curbstop -n '__fish_seen_subcommand_from simulate' -a spot -d 'Replay deadline policies on recorded spot markets'
complete -c curbstop -n '__fish_seen_subcommand_from simulate' -l disasters
complete -c curbstop -n '__fish_seen_subcommand_from simulate' -l drawing
complete -c curbstop -n '__fish_seen_subcommand_from simulate' -l help
complete -c curbstop -n '__fish_seen_subcommand_from simulate' -l pairs
complete -c curbstop -n '__fish_seen_subcommand_from simulate' -l plant
complete -c curbstop -n '__fish_seen_subcommand_from simulate' -l seed
complete -c curbstop -n '__fish_seen_subcommand_from simulate' -l threads
complete -c curbstop -n '__fish_seen_subcommand_from simulate' -l trace
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l availability
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l budget
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l checkpoint-gb
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l deadline
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l egress
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l help
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l local
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l on-demand
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l one-means
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l overhead
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l policy
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l spot-price
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l starts
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l tick
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l trace
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l work
complete -c curbstop -n '__fish_seen_subcommand_from simulate ; and __fish_seen_subcommand_from spot' -l zones
complete -c curbstop -n '__fish_seen_subcommand_from config' -a schema -d 'Print the JSON Schema of curbstop.yaml, for editors'
complete -c curbstop -n '__fish_seen_subcommand_from config' -a show -d 'Show every setting'
complete -c curbstop -n '__fish_seen_subcommand_from config' -l help
complete -c curbstop -n '__fish_seen_subcommand_from config ; and __fish_seen_subcommand_from schema' -l help
complete -c curbstop -n '__fish_seen_subcommand_from config ; and __fish_seen_subcommand_from show' -l help
complete -c curbstop -n '__fish_seen_subcommand_from config ; and __fish_seen_subcommand_from show' -l origin
complete -c curbstop -n '__fish_seen_subcommand_from secret' -a set -d 'Keep a secret; its value comes by prompt or stdin'
complete -c curbstop -n '__fish_seen_subcommand_from secret' -a ls -d 'List the names of the secrets, and where each is kept'
complete -c curbstop -n '__fish_seen_subcommand_from secret' -a rm -d 'Remove a secret'
complete -c curbstop -n '__fish_seen_subcommand_from secret' -l help
complete -c curbstop -n '__fish_seen_subcommand_from secret ; and __fish_seen_subcommand_from set' -l help
complete -c curbstop -n '__fish_seen_subcommand_from secret ; and __fish_seen_subcommand_from ls' -l help
complete -c curbstop -n '__fish_seen_subcommand_from secret ; and __fish_seen_subcommand_from rm' -l help
complete -c curbstop -n '__fish_seen_subcommand_from data' -a add -d 'Bring files or folders under the store\'s care'
complete -c curbstop -n '__fish_seen_subcommand_from data' -a status -d 'Show tracked data that has changed; exit 1 if any has'
complete -c curbstop -n '__fish_seen_subcommand_from data' -a checkout -d 'Make the work tree what the pointers say'
complete -c curbstop -n '__fish_seen_subcommand_from data' -a gc -d 'Remove objects that no pointer, lock, commit or run names'
complete -c curbstop -n '__fish_seen_subcommand_from data' -a du -d 'Show what takes the store\'s space, by pointer and step'
complete -c curbstop -n '__fish_seen_subcommand_from data' -l help
complete -c curbstop -n '__fish_seen_subcommand_from data ; and __fish_seen_subcommand_from add' -l help
complete -c curbstop -n '__fish_seen_subcommand_from data ; and __fish_seen_subcommand_from status' -l help
complete -c curbstop -n '__fish_seen_subcommand_from data ; and __fish_seen_subcommand_from checkout' -l dry-run
complete -c curbstop -n '__fish_seen_subcommand_from data ; and __fish_seen_subcommand_from checkout' -l help
complete -c curbstop -n '__fish_seen_subcommand_from data ; and __fish_seen_subcommand_from gc' -l dry-run
complete -c curbstop -n '__fish_seen_subcommand_from data ; and __fish_seen_subcommand_from gc' -l help
complete -c curbstop -n '__fish_seen_subcommand_from data ; and __fish_seen_subcommand_from du' -l help
complete -c curbstop -n '__fish_seen_subcommand_from model' -a fit -d 'Tell whether a model fits a GPU, how fast, how sure'
complete -c curbstop -n '__fish_seen_subcommand_from model' -l help
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l accumulate
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l batch
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l build
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l cache-type
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l calibrate
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l checkpointing
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l chunked-loss
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l classes
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l clusters
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l columns
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l context
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l cpu-offload
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l depth
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l engine
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l experts-in-ram
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l explain
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l from-log
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l gpu
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l gpu-layers
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l help
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l image
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l images
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l ladder
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l max-batch
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l max-context
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l memory
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l method
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l mixed-precision
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l no-flash-attention
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l offers
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l optimizer
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l optimizer-in-backward
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l probe
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l probe-limit
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l python
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l quant
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l rank
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l remember
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l rows
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l sequence
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l sharding
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l slots
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l step
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l technique
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l tokens
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l trees
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l ubatch
complete -c curbstop -n '__fish_seen_subcommand_from model ; and __fish_seen_subcommand_from fit' -l verify
complete -c curbstop -n '__fish_seen_subcommand_from machine' -a ls -d 'Show everything that bills, ours or not'
complete -c curbstop -n '__fish_seen_subcommand_from machine' -a sweep -d 'Find machines that no run looks after'
complete -c curbstop -n '__fish_seen_subcommand_from machine' -l help
complete -c curbstop -n '__fish_seen_subcommand_from machine ; and __fish_seen_subcommand_from ls' -l help
complete -c curbstop -n '__fish_seen_subcommand_from machine ; and __fish_seen_subcommand_from sweep' -l end
complete -c curbstop -n '__fish_seen_subcommand_from machine ; and __fish_seen_subcommand_from sweep' -l help
complete -c curbstop -n '__fish_seen_subcommand_from practice' -a start -d 'Start it, or say where it runs'
complete -c curbstop -n '__fish_seen_subcommand_from practice' -a status -d 'Show its machines and its own bill'
complete -c curbstop -n '__fish_seen_subcommand_from practice' -a stop -d 'End its machines, then itself'
complete -c curbstop -n '__fish_seen_subcommand_from practice' -l help
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from start' -l boot
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from start' -l disk
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from start' -l faults
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from start' -l fresh
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from start' -l help
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from start' -l list-lag
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from start' -l no-self-end
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from start' -l seed
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from start' -l still
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from start' -l trace
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from status' -l help
complete -c curbstop -n '__fish_seen_subcommand_from practice ; and __fish_seen_subcommand_from stop' -l help
complete -c curbstop -n '__fish_seen_subcommand_from paths' -l help
