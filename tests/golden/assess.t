`assess` on recorded trees: facts, what could not be read, advice. All trees but `vm-epyc-2core` are
synthetic: made from documents, and the page says so.

  $ curbstop assess --root $SOURCE/tests/machines/vm-epyc-2core
  A recorded computer
  
    CPU       AMD EPYC, 2 cores, 2 threads, avx2
    Memory    23.5 GiB, 22.3 GiB available
    GPU       none found
    Disk      /: ext4, kind unknown, 74.7 GiB free of 252 GiB
    System    Debian GNU/Linux 12 (bookworm), kernel 6.18.44-fc-v782, x86_64, in a
              virtual machine, docker container (cgroup v1)
    Programs  python3 3.11.7
    Power     106 W under load, assumed
  
  Could not be read
  
    - memory speed: a virtual machine does not see it
    - kind of the disk at /: a virtual disk hides the hardware below it
  
  Good for
  
    - preparing data, tables, text classification and tests of a pipeline: 2 CPUs
      and 23.5 GiB do that without a GPU
  
  With models, today, by estimate
  
    - train a text classifier of BERT's size (110 M parameters, 32 texts of 256
      tokens at once): 6.4 GiB of memory, on the CPU: minutes for a thousand
      texts, not hours
    - hold up to qwen2.5-32b in Q4_K_M (21 GiB) in memory and run it on the CPU;
      how fast is known after `curbstop assess --measure`
    - not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 22 GiB are free
  
  What holds it back
  
    - no GPU for computing was found: steps with `needs: {gpu: …}` run on a
      rented machine
  
  Do not buy
  
    - parts: this is a virtual machine; give it more of its host, or choose a
      larger one

  $ curbstop assess --root $SOURCE/tests/machines/reference-wsl2
  A synthetic computer: made from documents, not recorded
  
    CPU       11th Gen Intel Core i7-11700KF, 8 cores, 16 threads, avx512f, avx2
    Memory    15.6 GiB, 14.5 GiB available, 2667 MT/s; Windows itself has 31.7 GiB
    GPU 0     RTX-3080, 10 GiB, 9.1 GiB free, 760 GB/s, capability 8.6, driver
              560.94 (by nvml)
    Disk      /: ext4, kind unknown, 913.8 GiB free of 1006.9 GiB
    Disk      /mnt/c: 9p, 384 GiB free of 930.9 GiB
    System    Ubuntu 24.04.1 LTS, kernel 5.15.153.1-microsoft-standard-WSL2,
              x86_64, WSL 2 on Microsoft Windows 11 Pro
    Programs  python3 3.12.3
    Power     148 W under load, 372 W with the GPU, assumed
  
  Could not be read
  
    - kind of the disk at /: a virtual disk hides the hardware below it
  
  Good for
  
    - preparing data, tables, text classification and tests of a pipeline: 16 CPUs
      and 15.6 GiB do that without a GPU
    - CUDA steps that need up to 9.1 GiB on RTX-3080; bf16 in hardware, but not
      fp8
  
  With models, today, by estimate
  
    - train a text classifier of BERT's size (110 M parameters, 32 texts of 256
      tokens at once): 5.7 GiB, some 150 texts/s: 10,000 texts in N s for each
      pass
    - adapt (QLoRA) models of up to 3.1B parameters (qwen2.5-3b, sequences of
      2048, one at a time): 6.4 GiB, 1300 tokens/s (750..2300): 1 M tokens in 13
      min
    - train whole models of up to 494M parameters (qwen2.5-0.5b, sequences of
      2048, one at a time): 6.8 GiB, 5400 tokens/s (3100..9400): 1 M tokens in 3
      min
    - answer faster than one reads: up to qwen2.5-7b in Q4_K_M with 8192 tokens of
      context, 5.2 GiB, 110 tokens/s (91..140)
    - not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 24 GiB are free
  
  What holds it back
  
    - WSL sees 15.6 of Windows' 31.7 GiB: set `memory=24GB` under `[wsl2]` in
      .wslconfig, then `wsl --shutdown` (which stops every distribution)
    - /mnt/c is a 9p mount of a Windows drive: keep projects and data in the Linux
      home, where files are many times faster
    - 922 MiB of RTX-3080's 10 GiB is taken now, by a display or another program:
      plan with what is free
  
  Do not buy
  
    - RAM, before WSL is given more of what Windows already has
    - a bigger GPU, as long as no step of yours was seen to need more than 10 GiB:
      `curbstop plan` shows what renting one for the few that do costs

  $ curbstop assess --root $SOURCE/tests/machines/linux-rtx3060
  A synthetic computer: made from documents, not recorded
  
    CPU       AMD Ryzen 5 5600X, 6 cores, 12 threads, up to 4.7 GHz, avx2
    Memory    31.2 GiB, 26 GiB available, 2133 MT/s
    GPU 0     RTX-3060-12GB, 12 GiB, 10.9 GiB free, 360 GB/s, capability 8.6,
              driver 535.183.01 (by nvidia-smi)
    Disk      /: ext4 on nvme, 215.1 GiB free of 456.3 GiB
    Disk      /data: ext4 on a hard disk, 2.7 TiB free of 3.6 TiB
    System    Debian GNU/Linux 12 (bookworm), kernel 6.1.0-26-amd64, x86_64
    Programs  cuda 12.4, python3 3.11.2
    Power     106 W under load, 225 W with the GPU, assumed
  
  Good for
  
    - preparing data, tables, text classification and tests of a pipeline: 12 CPUs
      and 31.2 GiB do that without a GPU
    - CUDA steps that need up to 10.9 GiB on RTX-3060-12GB; bf16 in hardware, but
      not fp8
  
  With models, today, by estimate
  
    - train a text classifier of BERT's size (110 M parameters, 32 texts of 256
      tokens at once): 5.7 GiB, some 63 texts/s: 10,000 texts in 3 min for each
      pass
    - adapt (QLoRA) models of up to 3.1B parameters (qwen2.5-3b, sequences of
      2048, one at a time): 6.4 GiB, 570 tokens/s (320..990): 1 M tokens in 29 min
    - train whole models of up to 494M parameters (qwen2.5-0.5b, sequences of
      2048, one at a time): 6.8 GiB, 2300 tokens/s (1300..4000): 1 M tokens in 7
      min
    - answer faster than one reads: up to qwen2.5-14b in Q4_K_M with 8192 tokens
      of context, 10 GiB, 28 tokens/s (23..34)
    - not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 37 GiB are free
  
  What holds it back
  
    - 1.1 GiB of RTX-3060-12GB's 12 GiB is taken now, by a display or another
      program: plan with what is free
    - /data is a hard disk: keep old data there and the data in use on /, which is
      NVMe
    - the memory runs at 2133 of 3200 MT/s: turn on XMP or EXPO in the firmware's
      set-up
  
  Do not buy
  
    - RAM on a hunch: 26 GiB of 31.2 GiB are available now. Buy when a run has
      been seen to fill it
    - a bigger GPU, as long as no step of yours was seen to need more than 12 GiB:
      `curbstop plan` shows what renting one for the few that do costs
    - another NVMe disk: 215.1 GiB of 456.3 GiB are free on /

  $ curbstop assess --root $SOURCE/tests/machines/two-gpus
  A synthetic computer: made from documents, not recorded
  
    CPU       13th Gen Intel Core i7-13700K, 16 cores, 24 threads, avx2
    Memory    62.7 GiB, 20 GiB available
    GPU 0     RTX-3090, 24 GiB, 23.7 GiB free, 936 GB/s, capability 8.6, driver
              550.120 (by nvml)
    GPU 1     RTX-4060, 8 GiB, 7.4 GiB free, 272 GB/s, capability 8.9, driver
              550.120 (by nvml)
    Disk      /: ext4 on nvme, 374.4 GiB free of 912.7 GiB
    Disk      /home: ext4 on ssd, 11.2 GiB free of 457.3 GiB
    Disk      /mnt/named-1: nfs4 on network
    System    Ubuntu 22.04.5 LTS, kernel 6.8.0-48-generic, x86_64
    Programs  python3 3.10.12, nvcc 12.4, uv 0.4.29
    Power     148 W under load, 473 W with the GPU, assumed
  
  Could not be read
  
    - space on `/mnt/named-1`: not asked: a network mount can block for ever
    - memory speed: only root may read the firmware's table
  
  Good for
  
    - preparing data, tables, text classification and tests of a pipeline: 24 CPUs
      and 62.7 GiB do that without a GPU
    - CUDA steps that need up to 23.7 GiB on RTX-3090; bf16 in hardware, but not
      fp8
    - CUDA steps that need up to 7.4 GiB on RTX-4060; bf16 and fp8 in hardware
    - 2 steps at the same time, one on each GPU
  
  With models, today, by estimate
  
    - train a text classifier of BERT's size (110 M parameters, 32 texts of 256
      tokens at once): 5.7 GiB, some 180 texts/s: 10,000 texts in N s for each
      pass
    - adapt (QLoRA) models of up to 14.8B parameters (qwen2.5-14b, sequences of
      2048, one at a time): 15 GiB, 400 tokens/s (230..710): 1 M tokens in 41 min
    - train whole models of up to 1.5B parameters (qwen2.5-1.5b, sequences of
      2048, one at a time): 15 GiB, 2400 tokens/s (1400..4200): 1 M tokens in 7
      min
    - answer faster than one reads: up to qwen2.5-32b in Q4_K_M with 8192 tokens
      of context, 21 GiB, 33 tokens/s (27..40)
    - llama-3.3-70b in Q4_K_M only with 17 GiB of it in memory; how fast is known
      after `curbstop assess --measure`
  
  What holds it back
  
    - 638 MiB of RTX-4060's 8 GiB is taken now, by a display or another program:
      plan with what is free
    - RTX-3090 and RTX-4060 are of different kinds: one step spread over them runs
      at the pace and within the memory of the weakest, RTX-4060
    - /home has 11.2 GiB free of 457.3 GiB: checkpoints and data will fill it
  
  Do not buy
  
    - a bigger GPU, as long as no step of yours was seen to need more than 24 GiB:
      `curbstop plan` shows what renting one for the few that do costs
    - another NVMe disk: 374.4 GiB of 912.7 GiB are free on /

  $ curbstop assess --root $SOURCE/tests/machines/rented-a100
  A synthetic computer: made from documents, not recorded
  
    CPU       AMD EPYC 7763, 64 cores, 128 threads, of which 16 may be used, avx2
    Memory    1007.8 GiB, of which 117 GiB may be used, 115 GiB available
    GPU 0     A100-SXM4-80GB, 80 GiB, 79.1 GiB free, 2039 GB/s, capability 8.0,
              driver 535.183.06 (by nvml)
    Disk      /: overlay, kind unknown, 39 GiB free of 50 GiB
    Disk      /workspace: nfs4 on network
    System    Ubuntu 22.04.3 LTS, kernel 5.15.0-122-generic, x86_64, docker
              container (cgroup v2)
    Programs  cuda 12.1, python3 3.10.12
    Power     106 W under load, 386 W with the GPU, assumed
  
  Could not be read
  
    - space on `/workspace`: not asked: a network mount can block for ever
    - memory speed: `dmidecode` is not installed
    - kind of the disk at /: a container's layer hides the disk below it
  
  Good for
  
    - preparing data, tables, text classification and tests of a pipeline: 16 CPUs
      and 117 GiB do that without a GPU
    - CUDA steps that need up to 79.1 GiB on A100-SXM4-80GB; bf16 in hardware, but
      not fp8
  
  With models, today, by estimate
  
    - train a text classifier of BERT's size (110 M parameters, 32 texts of 256
      tokens at once): 5.7 GiB, some 760 texts/s: 10,000 texts in N s for each
      pass
    - adapt (QLoRA) models of up to 72.7B parameters (qwen2.5-72b, sequences of
      2048, one at a time): 48 GiB, 360 tokens/s (200..630): 1 M tokens in 46 min
    - train whole models of up to 3.1B parameters (qwen2.5-3b, sequences of 2048,
      one at a time): 30 GiB, 5400 tokens/s (3100..9400): 1 M tokens in 3 min
    - answer faster than one reads: up to qwen2.5-72b in Q4_K_M with 8192 tokens
      of context, 47 GiB, 20 tokens/s (15..28)
    - llama-3.3-70b in Q4_K_M: 41 GiB, 22 tokens/s (16..31)
  
  What holds it back
  
    - a limit leaves 16 of 128 CPUs and 117 GiB of 1007.8 GiB: set workers and
      batch sizes by these, not by what `nproc` or `free` show
    - /dev/shm has 64 MiB: PyTorch's loader workers end with a bus error when it
      is full; start the container with `--shm-size 8g`
  
  Do not buy
  
    - anything: a container with a GPU is most likely rented; choose another offer
      instead

  $ curbstop assess --root $SOURCE/tests/machines/mac-m2-pro
  A synthetic computer: made from documents, not recorded
  
    CPU       Apple M2 Pro, 12 cores, 12 threads, neon
    Memory    32 GiB, shared by CPU and GPU, 15.6 GiB available
    GPU 0     APPLE-M2-PRO, 200 GB/s (by apple)
    Disk      /System/Volumes/Data: apfs, kind unknown, 188 GiB free of 460.4 GiB
    System    macOS 15.1, kernel 24.1.0, arm64
    Programs  not known
    Power     85 W under load, assumed
  
  Could not be read
  
    - the GPU's share of memory: only Metal knows it
      (recommendedMaxWorkingSetSize); `iogpu.wired_limit_mb` is at its default
    - programs: the tree of a Mac does not name them
    - memory speed: Apple does not publish it by command
    - kind of the disk at /System/Volumes/Data: `diskutil` is not in the tree
  
  Good for
  
    - preparing data, tables, text classification and tests of a pipeline: 12 CPUs
      and 32 GiB do that without a GPU
    - steps for MPS or MLX: CPU and GPU share one memory, so nothing is copied
      between them
  
  With models, today, by estimate
  
    - train a text classifier of BERT's size (110 M parameters, 32 texts of 256
      tokens at once): 5.7 GiB, some 12 texts/s: 10,000 texts in 14 min for each
      pass
    - adapt (LoRA) models of up to 7.6B parameters (qwen2.5-7b, sequences of 2048,
      one at a time): 19 GiB, 62 tokens/s (35..110): 1 M tokens in 4.5 h
    - train whole models of up to 1.5B parameters (qwen2.5-1.5b, sequences of
      2048, one at a time): 15 GiB, 170 tokens/s (99..300): 1 M tokens in 1.6 h
    - answer faster than one reads: up to qwen2.5-32b in Q4_K_M with 8192 tokens
      of context, 20 GiB, 7.9 tokens/s (6.1..10)
    - not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 21 GiB are free
  
  What holds it back
  
    - APPLE-M2-PRO has no CUDA: steps that need bitsandbytes or TensorRT run on a
      rented machine
  
  Do not buy
  
    - RAM: this chip's cannot be extended

  $ curbstop assess --root $SOURCE/tests/machines/linux-rx7900xtx
  A synthetic computer: made from documents, not recorded
  
    CPU       Intel Core i5-12400, 6 cores, 12 threads, avx2
    Memory    15.5 GiB, 5 GiB available
    GPU 0     UHD Graphics 730 (by sysfs)
    GPU 1     RX-7900-XTX, 24 GiB, 22.5 GiB free, 960 GB/s, capability gfx1100 (by
              sysfs)
    Disk      /: btrfs on nvme, 569 GiB free of 929.5 GiB
    Disk      /home: btrfs on nvme, 569 GiB free of 929.5 GiB
    System    Fedora Linux 41 (Workstation Edition), kernel
              6.11.4-301.fc41.x86_64, x86_64
    Programs  python3 3.13.0
    Power     106 W under load, 354 W with the GPU, assumed
  
  Could not be read
  
    - memory of GPU `UHD Graphics 730`: the kernel's driver does not show it
      (graphics built into a CPU have none)
    - memory speed: `dmidecode` is not installed
  
  Good for
  
    - preparing data, tables, text classification and tests of a pipeline: 12 CPUs
      and 15.5 GiB do that without a GPU
    - ROCm steps that need up to 22.5 GiB on RX-7900-XTX
  
  With models, today, by estimate
  
    - train a text classifier of BERT's size (110 M parameters, 32 texts of 256
      tokens at once): 5.7 GiB, some 200 texts/s: 10,000 texts in N s for each
      pass
    - adapt (QLoRA) models of up to 14.8B parameters (qwen2.5-14b, sequences of
      2048, one at a time): 15 GiB, 460 tokens/s (260..810): 1 M tokens in 36 min
    - train whole models of up to 1.5B parameters (qwen2.5-1.5b, sequences of
      2048, one at a time): 15 GiB, 2700 tokens/s (1600..4800): 1 M tokens in 6
      min
    - answer faster than one reads: up to qwen2.5-32b in Q4_K_M with 8192 tokens
      of context, 21 GiB, 28 tokens/s (21..37)
    - not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 27 GiB are free
  
  What holds it back
  
    - 1.5 GiB of RX-7900-XTX's 24 GiB is taken now, by a display or another
      program: plan with what is free
    - RX-7900-XTX has no CUDA: steps that need bitsandbytes or TensorRT run on a
      rented machine
  
  Do not buy
  
    - a bigger GPU, as long as no step of yours was seen to need more than 24 GiB:
      `curbstop plan` shows what renting one for the few that do costs
    - another NVMe disk: 569 GiB of 929.5 GiB are free on /

Each piece of advice has a fact and a rule.

  $ curbstop assess --explain --root $SOURCE/tests/machines/reference-wsl2
  A synthetic computer: made from documents, not recorded
  
    CPU       11th Gen Intel Core i7-11700KF, 8 cores, 16 threads, avx512f, avx2
    Memory    15.6 GiB, 14.5 GiB available, 2667 MT/s; Windows itself has 31.7 GiB
    GPU 0     RTX-3080, 10 GiB, 9.1 GiB free, 760 GB/s, capability 8.6, driver
              560.94 (by nvml)
    Disk      /: ext4, kind unknown, 913.8 GiB free of 1006.9 GiB
    Disk      /mnt/c: 9p, 384 GiB free of 930.9 GiB
    System    Ubuntu 24.04.1 LTS, kernel 5.15.153.1-microsoft-standard-WSL2,
              x86_64, WSL 2 on Microsoft Windows 11 Pro
    Programs  python3 3.12.3
    Power     148 W under load, 372 W with the GPU, assumed
  
  Could not be read
  
    - kind of the disk at /: a virtual disk hides the hardware below it
  
  Good for
  
    - preparing data, tables, text classification and tests of a pipeline: 16 CPUs
      and 15.6 GiB do that without a GPU
        fact: 16 CPUs, 15.6 GiB
        rule: CPUs and 3.5 GiB or more of usable memory carry data preparation and
              linear models (cpu-work)
    - CUDA steps that need up to 9.1 GiB on RTX-3080; bf16 in hardware, but not
      fp8
        fact: 9.1 GiB of 10 GiB free, compute capability 8.6
        rule: what is free on the card bounds a step; bf16 needs capability 8.0,
              fp8 8.9, fp16 tensor cores 7.0 (NVIDIA, CUDA C++ Programming Guide,
              table of compute capabilities) (cuda-work)
  
  With models, today, by estimate
  
    - train a text classifier of BERT's size (110 M parameters, 32 texts of 256
      tokens at once): 5.7 GiB, some 150 texts/s: 10,000 texts in N s for each
      pass
        fact: 9.1 GiB free on RTX-3080
        rule: as `curbstop model fit` estimates it, the whole interval below what
              is free (classifier)
    - adapt (QLoRA) models of up to 3.1B parameters (qwen2.5-3b, sequences of
      2048, one at a time): 6.4 GiB, 1300 tokens/s (750..2300): 1 M tokens in 13
      min
        fact: 9.1 GiB free on RTX-3080
        rule: as `curbstop model fit` estimates it, the whole interval below what
              is free; qwen2.5-3b, nf4-dq, QLoRA of rank 16, sequence 2048, batch
              1 (qlora)
    - train whole models of up to 494M parameters (qwen2.5-0.5b, sequences of
      2048, one at a time): 6.8 GiB, 5400 tokens/s (3100..9400): 1 M tokens in 3
      min
        fact: 9.1 GiB free on RTX-3080
        rule: as `curbstop model fit` estimates it, the whole interval below what
              is free; qwen2.5-0.5b, bf16, full training, sequence 2048, batch 1
              (full)
    - answer faster than one reads: up to qwen2.5-7b in Q4_K_M with 8192 tokens of
      context, 5.2 GiB, 110 tokens/s (91..140)
        fact: 9.1 GiB free on RTX-3080
        rule: as `curbstop model fit` estimates it, the whole interval below what
              is free; one reads some 5 tokens a second (chat)
    - not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 24 GiB are free
        fact: 9.1 GiB free on RTX-3080, 14 GiB of memory free
        rule: what the GPU has no room for is read from memory for each token
              (70b)
  
  What holds it back
  
    - WSL sees 15.6 of Windows' 31.7 GiB: set `memory=24GB` under `[wsl2]` in
      .wslconfig, then `wsl --shutdown` (which stops every distribution)
        fact: Linux has 15.6 GiB, Windows 31.7 GiB, .wslconfig says nothing
        rule: WSL takes half of Windows' memory unless told otherwise
              (microsoft/WSL, WslCoreConfig); advised is the smaller of RAM less a
              fifth (4 to 8 GB) and three quarters of it (wsl-memory)
    - /mnt/c is a 9p mount of a Windows drive: keep projects and data in the Linux
      home, where files are many times faster
        fact: /mnt/c is 9p
        rule: each file operation on a 9p mount crosses to Windows; reports: about
              N s against N s for one tool (microsoft/WSL#4197), 293 MB/s
              against 1.9 GB/s (#5262) (windows-drive)
    - 922 MiB of RTX-3080's 10 GiB is taken now, by a display or another program:
      plan with what is free
        fact: 9.1 GiB free of 10 GiB
        rule: memory that others hold is not there for a step; 0.5 GiB and 2 % or
              more is worth knowing (gpu-memory-taken)
  
  Do not buy
  
    - RAM, before WSL is given more of what Windows already has
        fact: Linux has 15.6 GiB, Windows 31.7 GiB, .wslconfig says nothing
        rule: follows from wsl-memory (ram-behind-wsl)
    - a bigger GPU, as long as no step of yours was seen to need more than 10 GiB:
      `curbstop plan` shows what renting one for the few that do costs
        fact: RTX-3080 with 10 GiB
        rule: buy for a need that was measured; rent for the rare large step
              (bigger-gpu)

The same as JSON.

  $ curbstop assess --json --root $SOURCE/tests/machines/vm-epyc-2core
  {
    "origin": "recorded",
    "os": "Debian GNU/Linux 12 (bookworm)",
    "kernel": "6.18.44-fc-v782",
    "hypervisor": "unknown",
    "cpu": {
      "model": "AMD EPYC",
      "arch": "x86_64",
      "sockets": 1,
      "cores": 2,
      "threads": 2,
      "usable": null,
      "max_mhz": null,
      "features": [
        "avx",
        "avx2",
        "fma",
        "f16c"
      ],
      "tdp_watts": null,
      "tdp_source": null
    },
    "memory": {
      "total_bytes": 25276063744,
      "available_bytes": 23949406208,
      "limit_bytes": null,
      "speed_mts": null,
      "rated_mts": null,
      "unified": false
    },
    "disks": [
      {
        "mount": "/",
        "device": "vda",
        "kind": "unknown",
        "why_unknown": "a virtual disk hides the hardware below it",
        "file_system": "ext4",
        "total_bytes": 270553174016,
        "free_bytes": 80167198720
      },
      {
        "mount": "/dev/shm",
        "device": null,
        "kind": "memory",
        "why_unknown": null,
        "file_system": "tmpfs",
        "total_bytes": 25276063744,
        "free_bytes": 25276063744
      }
    ],
    "gpus": [],
    "wsl": null,
    "container": {
      "kind": "docker",
      "cgroup_version": 1
    },
    "found": [
      {
        "name": "python3",
        "version": "3.11.7",
        "path": null
      }
    ],
    "calibration": null,
    "unreadable": [
      {
        "what": "memory speed",
        "why": "a virtual machine does not see it"
      }
    ],
    "class": "AMD EPYC",
    "power": {
      "without_gpu": {
        "watts": 106,
        "assumed": true,
        "source": "(CPU 65 W assumed) x 0.7 + 60 W, assumed"
      },
      "with_gpu": {
        "watts": 106,
        "assumed": true,
        "source": "(CPU 65 W assumed) x 0.7 + 60 W, assumed"
      }
    },
    "advice": [
      {
        "kind": "good_for",
        "rule": "cpu-work",
        "text": "preparing data, tables, text classification and tests of a pipeline: 2 CPUs and 23.5 GiB do that without a GPU",
        "fact": "2 CPUs, 23.5 GiB",
        "why": "CPUs and 3.5 GiB or more of usable memory carry data preparation and linear models"
      },
      {
        "kind": "holds_back",
        "rule": "no-gpu",
        "text": "no GPU for computing was found: steps with `needs: {gpu: …}` run on a rented machine",
        "fact": "neither NVML, nvidia-smi nor sysfs shows one",
        "why": "no probe found a card with memory of its own"
      },
      {
        "kind": "do_not_buy",
        "rule": "virtual-machine",
        "text": "parts: this is a virtual machine; give it more of its host, or choose a larger one",
        "fact": "the CPU says that a hypervisor runs it",
        "why": "its hardware is the host's"
      },
      {
        "kind": "models",
        "rule": "classifier",
        "text": "train a text classifier of BERT's size (110 M parameters, 32 texts of 256 tokens at once): 6.4 GiB of memory, on the CPU: minutes for a thousand texts, not hours",
        "fact": "22 GiB of memory free",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free"
      },
      {
        "kind": "models",
        "rule": "chat-cpu",
        "text": "hold up to qwen2.5-32b in Q4_K_M (21 GiB) in memory and run it on the CPU; how fast is known after `curbstop assess --measure`",
        "fact": "22 GiB of memory free, its speed not known",
        "why": "a token reads all weights once; one reads some 5 tokens a second"
      },
      {
        "kind": "models",
        "rule": "70b",
        "text": "not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 22 GiB are free",
        "fact": "22 GiB of memory free",
        "why": "what the GPU has no room for is read from memory for each token"
      }
    ]
  }

  $ curbstop assess --json --root $SOURCE/tests/machines/reference-wsl2
  {
    "origin": "synthetic",
    "os": "Ubuntu 24.04.1 LTS",
    "kernel": "5.15.153.1-microsoft-standard-WSL2",
    "hypervisor": "unknown",
    "cpu": {
      "model": "11th Gen Intel Core i7-11700KF",
      "arch": "x86_64",
      "sockets": 1,
      "cores": 8,
      "threads": 16,
      "usable": null,
      "max_mhz": null,
      "features": [
        "avx",
        "avx2",
        "fma",
        "f16c",
        "avx512f",
        "avx512_vnni"
      ],
      "tdp_watts": 125,
      "tdp_source": "table"
    },
    "memory": {
      "total_bytes": 16750370816,
      "available_bytes": 15569256448,
      "limit_bytes": null,
      "speed_mts": 2667,
      "rated_mts": 2667,
      "unified": false
    },
    "disks": [
      {
        "mount": "/",
        "device": "sdc",
        "kind": "unknown",
        "why_unknown": "a virtual disk hides the hardware below it",
        "file_system": "ext4",
        "total_bytes": 1081101176832,
        "free_bytes": 981234567168
      },
      {
        "mount": "/dev/shm",
        "device": null,
        "kind": "memory",
        "why_unknown": null,
        "file_system": "tmpfs",
        "total_bytes": 8375185408,
        "free_bytes": 8375185408
      },
      {
        "mount": "/mnt/c",
        "device": "C:",
        "kind": "9p",
        "why_unknown": null,
        "file_system": "9p",
        "total_bytes": 999500541952,
        "free_bytes": 412316860416
      }
    ],
    "gpus": [
      {
        "index": 0,
        "name": "RTX-3080",
        "driver_name": "NVIDIA GeForce RTX 3080",
        "uuid": "GPU-00000000-0000-0000-0000-000000000001",
        "memory_total_bytes": 10737418240,
        "memory_free_bytes": 9770631168,
        "bandwidth_gbps": 760.0,
        "compute_capability": "8.6",
        "driver_version": "560.94",
        "tdp_watts": 320,
        "limit_watts": 320,
        "draw_watts": 28,
        "busy_percent": 3,
        "source": "nvml"
      }
    ],
    "wsl": {
      "version": 2,
      "windows_memory_bytes": 34037997568,
      "windows_version": "Microsoft Windows 11 Pro",
      "config_memory": null
    },
    "container": null,
    "found": [
      {
        "name": "python3",
        "version": "3.12.3",
        "path": null
      }
    ],
    "calibration": null,
    "unreadable": [],
    "class": "1x RTX-3080",
    "power": {
      "without_gpu": {
        "watts": 148,
        "assumed": true,
        "source": "(CPU 125 W TDP by table) x 0.7 + 60 W, assumed"
      },
      "with_gpu": {
        "watts": 372,
        "assumed": true,
        "source": "(CPU 125 W TDP by table + RTX-3080 320 W by the driver's limit) x 0.7 + 60 W, assumed"
      }
    },
    "advice": [
      {
        "kind": "good_for",
        "rule": "cpu-work",
        "text": "preparing data, tables, text classification and tests of a pipeline: 16 CPUs and 15.6 GiB do that without a GPU",
        "fact": "16 CPUs, 15.6 GiB",
        "why": "CPUs and 3.5 GiB or more of usable memory carry data preparation and linear models"
      },
      {
        "kind": "good_for",
        "rule": "cuda-work",
        "text": "CUDA steps that need up to 9.1 GiB on RTX-3080; bf16 in hardware, but not fp8",
        "fact": "9.1 GiB of 10 GiB free, compute capability 8.6",
        "why": "what is free on the card bounds a step; bf16 needs capability 8.0, fp8 8.9, fp16 tensor cores 7.0 (NVIDIA, CUDA C++ Programming Guide, table of compute capabilities)"
      },
      {
        "kind": "holds_back",
        "rule": "wsl-memory",
        "text": "WSL sees 15.6 of Windows' 31.7 GiB: set `memory=24GB` under `[wsl2]` in .wslconfig, then `wsl --shutdown` (which stops every distribution)",
        "fact": "Linux has 15.6 GiB, Windows 31.7 GiB, .wslconfig says nothing",
        "why": "WSL takes half of Windows' memory unless told otherwise (microsoft/WSL, WslCoreConfig); advised is the smaller of RAM less a fifth (4 to 8 GB) and three quarters of it"
      },
      {
        "kind": "holds_back",
        "rule": "windows-drive",
        "text": "/mnt/c is a 9p mount of a Windows drive: keep projects and data in the Linux home, where files are many times faster",
        "fact": "/mnt/c is 9p",
        "why": "each file operation on a 9p mount crosses to Windows; reports: about N s against N s for one tool (microsoft/WSL#4197), 293 MB/s against 1.9 GB/s (#5262)"
      },
      {
        "kind": "holds_back",
        "rule": "gpu-memory-taken",
        "text": "922 MiB of RTX-3080's 10 GiB is taken now, by a display or another program: plan with what is free",
        "fact": "9.1 GiB free of 10 GiB",
        "why": "memory that others hold is not there for a step; 0.5 GiB and 2 % or more is worth knowing"
      },
      {
        "kind": "do_not_buy",
        "rule": "ram-behind-wsl",
        "text": "RAM, before WSL is given more of what Windows already has",
        "fact": "Linux has 15.6 GiB, Windows 31.7 GiB, .wslconfig says nothing",
        "why": "follows from wsl-memory"
      },
      {
        "kind": "do_not_buy",
        "rule": "bigger-gpu",
        "text": "a bigger GPU, as long as no step of yours was seen to need more than 10 GiB: `curbstop plan` shows what renting one for the few that do costs",
        "fact": "RTX-3080 with 10 GiB",
        "why": "buy for a need that was measured; rent for the rare large step"
      },
      {
        "kind": "models",
        "rule": "classifier",
        "text": "train a text classifier of BERT's size (110 M parameters, 32 texts of 256 tokens at once): 5.7 GiB, some 150 texts/s: 10,000 texts in N s for each pass",
        "fact": "9.1 GiB free on RTX-3080",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free"
      },
      {
        "kind": "models",
        "rule": "qlora",
        "text": "adapt (QLoRA) models of up to 3.1B parameters (qwen2.5-3b, sequences of 2048, one at a time): 6.4 GiB, 1300 tokens/s (750..2300): 1 M tokens in 13 min",
        "fact": "9.1 GiB free on RTX-3080",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-3b, nf4-dq, QLoRA of rank 16, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "full",
        "text": "train whole models of up to 494M parameters (qwen2.5-0.5b, sequences of 2048, one at a time): 6.8 GiB, 5400 tokens/s (3100..9400): 1 M tokens in 3 min",
        "fact": "9.1 GiB free on RTX-3080",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-0.5b, bf16, full training, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "chat",
        "text": "answer faster than one reads: up to qwen2.5-7b in Q4_K_M with 8192 tokens of context, 5.2 GiB, 110 tokens/s (91..140)",
        "fact": "9.1 GiB free on RTX-3080",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; one reads some 5 tokens a second"
      },
      {
        "kind": "models",
        "rule": "70b",
        "text": "not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 24 GiB are free",
        "fact": "9.1 GiB free on RTX-3080, 14 GiB of memory free",
        "why": "what the GPU has no room for is read from memory for each token"
      }
    ]
  }

  $ curbstop assess --json --root $SOURCE/tests/machines/linux-rtx3060
  {
    "origin": "synthetic",
    "os": "Debian GNU/Linux 12 (bookworm)",
    "kernel": "6.1.0-26-amd64",
    "hypervisor": null,
    "cpu": {
      "model": "AMD Ryzen 5 5600X",
      "arch": "x86_64",
      "sockets": 1,
      "cores": 6,
      "threads": 12,
      "usable": null,
      "max_mhz": 4650,
      "features": [
        "avx",
        "avx2",
        "fma",
        "f16c"
      ],
      "tdp_watts": 65,
      "tdp_source": "table"
    },
    "memory": {
      "total_bytes": 33554432000,
      "available_bytes": 27917287424,
      "limit_bytes": null,
      "speed_mts": 2133,
      "rated_mts": 3200,
      "unified": false
    },
    "disks": [
      {
        "mount": "/",
        "device": "nvme0n1",
        "kind": "nvme",
        "why_unknown": null,
        "file_system": "ext4",
        "total_bytes": 490000000000,
        "free_bytes": 231000000000
      },
      {
        "mount": "/data",
        "device": "sda",
        "kind": "hdd",
        "why_unknown": null,
        "file_system": "ext4",
        "total_bytes": 3936000000000,
        "free_bytes": 2950000000000
      },
      {
        "mount": "/dev/shm",
        "device": null,
        "kind": "memory",
        "why_unknown": null,
        "file_system": "tmpfs",
        "total_bytes": 16777216000,
        "free_bytes": 16777216000
      }
    ],
    "gpus": [
      {
        "index": 0,
        "name": "RTX-3060-12GB",
        "driver_name": "NVIDIA GeForce RTX 3060",
        "uuid": "GPU-00000000-0000-0000-0000-000000000001",
        "memory_total_bytes": 12884901888,
        "memory_free_bytes": 11660165120,
        "bandwidth_gbps": 360.0,
        "compute_capability": "8.6",
        "driver_version": "535.183.01",
        "tdp_watts": 170,
        "limit_watts": 170,
        "draw_watts": 22,
        "busy_percent": 6,
        "source": "nvidia-smi"
      }
    ],
    "wsl": null,
    "container": null,
    "found": [
      {
        "name": "cuda",
        "version": "12.4",
        "path": "/usr/local/cuda-12.4"
      },
      {
        "name": "python3",
        "version": "3.11.2",
        "path": null
      }
    ],
    "calibration": null,
    "unreadable": [],
    "class": "1x RTX-3060-12GB",
    "power": {
      "without_gpu": {
        "watts": 106,
        "assumed": true,
        "source": "(CPU 65 W TDP by table) x 0.7 + 60 W, assumed"
      },
      "with_gpu": {
        "watts": 225,
        "assumed": true,
        "source": "(CPU 65 W TDP by table + RTX-3060-12GB 170 W by the driver's limit) x 0.7 + 60 W, assumed"
      }
    },
    "advice": [
      {
        "kind": "good_for",
        "rule": "cpu-work",
        "text": "preparing data, tables, text classification and tests of a pipeline: 12 CPUs and 31.2 GiB do that without a GPU",
        "fact": "12 CPUs, 31.2 GiB",
        "why": "CPUs and 3.5 GiB or more of usable memory carry data preparation and linear models"
      },
      {
        "kind": "good_for",
        "rule": "cuda-work",
        "text": "CUDA steps that need up to 10.9 GiB on RTX-3060-12GB; bf16 in hardware, but not fp8",
        "fact": "10.9 GiB of 12 GiB free, compute capability 8.6",
        "why": "what is free on the card bounds a step; bf16 needs capability 8.0, fp8 8.9, fp16 tensor cores 7.0 (NVIDIA, CUDA C++ Programming Guide, table of compute capabilities)"
      },
      {
        "kind": "holds_back",
        "rule": "gpu-memory-taken",
        "text": "1.1 GiB of RTX-3060-12GB's 12 GiB is taken now, by a display or another program: plan with what is free",
        "fact": "10.9 GiB free of 12 GiB",
        "why": "memory that others hold is not there for a step; 0.5 GiB and 2 % or more is worth knowing"
      },
      {
        "kind": "holds_back",
        "rule": "hard-disk",
        "text": "/data is a hard disk: keep old data there and the data in use on /, which is NVMe",
        "fact": "/data (sda) rotates",
        "why": "a rotating disk seeks some hundred times a second"
      },
      {
        "kind": "holds_back",
        "rule": "slow-memory",
        "text": "the memory runs at 2133 of 3200 MT/s: turn on XMP or EXPO in the firmware's set-up",
        "fact": "configured 2133 MT/s, rated 3200 MT/s",
        "why": "modules start at their basic speed until told otherwise"
      },
      {
        "kind": "do_not_buy",
        "rule": "ram",
        "text": "RAM on a hunch: 26 GiB of 31.2 GiB are available now. Buy when a run has been seen to fill it",
        "fact": "26 GiB available of 31.2 GiB",
        "why": "more than half of 15 GiB or more was available when it was read"
      },
      {
        "kind": "do_not_buy",
        "rule": "bigger-gpu",
        "text": "a bigger GPU, as long as no step of yours was seen to need more than 12 GiB: `curbstop plan` shows what renting one for the few that do costs",
        "fact": "RTX-3060-12GB with 12 GiB",
        "why": "buy for a need that was measured; rent for the rare large step"
      },
      {
        "kind": "do_not_buy",
        "rule": "faster-disk",
        "text": "another NVMe disk: 215.1 GiB of 456.3 GiB are free on /",
        "fact": "/ is NVMe, 215.1 GiB free",
        "why": "an NVMe disk with 100 GiB or more free"
      },
      {
        "kind": "models",
        "rule": "classifier",
        "text": "train a text classifier of BERT's size (110 M parameters, 32 texts of 256 tokens at once): 5.7 GiB, some 63 texts/s: 10,000 texts in 3 min for each pass",
        "fact": "11 GiB free on RTX-3060-12GB",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free"
      },
      {
        "kind": "models",
        "rule": "qlora",
        "text": "adapt (QLoRA) models of up to 3.1B parameters (qwen2.5-3b, sequences of 2048, one at a time): 6.4 GiB, 570 tokens/s (320..990): 1 M tokens in 29 min",
        "fact": "11 GiB free on RTX-3060-12GB",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-3b, nf4-dq, QLoRA of rank 16, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "full",
        "text": "train whole models of up to 494M parameters (qwen2.5-0.5b, sequences of 2048, one at a time): 6.8 GiB, 2300 tokens/s (1300..4000): 1 M tokens in 7 min",
        "fact": "11 GiB free on RTX-3060-12GB",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-0.5b, bf16, full training, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "chat",
        "text": "answer faster than one reads: up to qwen2.5-14b in Q4_K_M with 8192 tokens of context, 10 GiB, 28 tokens/s (23..34)",
        "fact": "11 GiB free on RTX-3060-12GB",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; one reads some 5 tokens a second"
      },
      {
        "kind": "models",
        "rule": "70b",
        "text": "not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 37 GiB are free",
        "fact": "11 GiB free on RTX-3060-12GB, 26 GiB of memory free",
        "why": "what the GPU has no room for is read from memory for each token"
      }
    ]
  }

  $ curbstop assess --json --root $SOURCE/tests/machines/two-gpus
  {
    "origin": "synthetic",
    "os": "Ubuntu 22.04.5 LTS",
    "kernel": "6.8.0-48-generic",
    "hypervisor": null,
    "cpu": {
      "model": "13th Gen Intel Core i7-13700K",
      "arch": "x86_64",
      "sockets": 1,
      "cores": 16,
      "threads": 24,
      "usable": null,
      "max_mhz": null,
      "features": [
        "avx",
        "avx2",
        "fma",
        "f16c"
      ],
      "tdp_watts": 125,
      "tdp_source": "rapl"
    },
    "memory": {
      "total_bytes": 67291316224,
      "available_bytes": 21474836480,
      "limit_bytes": null,
      "speed_mts": null,
      "rated_mts": null,
      "unified": false
    },
    "disks": [
      {
        "mount": "/",
        "device": "dm-0",
        "kind": "nvme",
        "why_unknown": null,
        "file_system": "ext4",
        "total_bytes": 980000000000,
        "free_bytes": 402000000000
      },
      {
        "mount": "/dev/shm",
        "device": null,
        "kind": "memory",
        "why_unknown": null,
        "file_system": "tmpfs",
        "total_bytes": 33645658112,
        "free_bytes": 33645658112
      },
      {
        "mount": "/home",
        "device": "sda",
        "kind": "ssd",
        "why_unknown": null,
        "file_system": "ext4",
        "total_bytes": 491000000000,
        "free_bytes": 12000000000
      },
      {
        "mount": "/mnt/named-1",
        "device": null,
        "kind": "network",
        "why_unknown": null,
        "file_system": "nfs4",
        "total_bytes": null,
        "free_bytes": null
      }
    ],
    "gpus": [
      {
        "index": 0,
        "name": "RTX-3090",
        "driver_name": "NVIDIA GeForce RTX 3090",
        "uuid": "GPU-00000000-0000-0000-0000-000000000001",
        "memory_total_bytes": 25769803776,
        "memory_free_bytes": 25430065152,
        "bandwidth_gbps": 936.0,
        "compute_capability": "8.6",
        "driver_version": "550.120",
        "tdp_watts": 350,
        "limit_watts": 350,
        "draw_watts": 20,
        "busy_percent": 0,
        "source": "nvml"
      },
      {
        "index": 1,
        "name": "RTX-4060",
        "driver_name": "NVIDIA GeForce RTX 4060",
        "uuid": "GPU-00000000-0000-0000-0000-000000000002",
        "memory_total_bytes": 8585740288,
        "memory_free_bytes": 7916748800,
        "bandwidth_gbps": 272.0,
        "compute_capability": "8.9",
        "driver_version": "550.120",
        "tdp_watts": 115,
        "limit_watts": 115,
        "draw_watts": 12,
        "busy_percent": 4,
        "source": "nvml"
      }
    ],
    "wsl": null,
    "container": null,
    "found": [
      {
        "name": "python3",
        "version": "3.10.12",
        "path": null
      },
      {
        "name": "nvcc",
        "version": "12.4",
        "path": null
      },
      {
        "name": "uv",
        "version": "0.4.29",
        "path": null
      }
    ],
    "calibration": null,
    "unreadable": [
      {
        "what": "space on `/mnt/named-1`",
        "why": "not asked: a network mount can block for ever"
      },
      {
        "what": "memory speed",
        "why": "only root may read the firmware's table"
      }
    ],
    "class": "1x RTX-3090 + 1x RTX-4060",
    "power": {
      "without_gpu": {
        "watts": 148,
        "assumed": true,
        "source": "(CPU 125 W by RAPL's limit) x 0.7 + 60 W, assumed"
      },
      "with_gpu": {
        "watts": 473,
        "assumed": true,
        "source": "(CPU 125 W by RAPL's limit + RTX-3090 350 W by the driver's limit + RTX-4060 115 W by the driver's limit) x 0.7 + 60 W, assumed"
      }
    },
    "advice": [
      {
        "kind": "good_for",
        "rule": "cpu-work",
        "text": "preparing data, tables, text classification and tests of a pipeline: 24 CPUs and 62.7 GiB do that without a GPU",
        "fact": "24 CPUs, 62.7 GiB",
        "why": "CPUs and 3.5 GiB or more of usable memory carry data preparation and linear models"
      },
      {
        "kind": "good_for",
        "rule": "cuda-work",
        "text": "CUDA steps that need up to 23.7 GiB on RTX-3090; bf16 in hardware, but not fp8",
        "fact": "23.7 GiB of 24 GiB free, compute capability 8.6",
        "why": "what is free on the card bounds a step; bf16 needs capability 8.0, fp8 8.9, fp16 tensor cores 7.0 (NVIDIA, CUDA C++ Programming Guide, table of compute capabilities)"
      },
      {
        "kind": "good_for",
        "rule": "cuda-work",
        "text": "CUDA steps that need up to 7.4 GiB on RTX-4060; bf16 and fp8 in hardware",
        "fact": "7.4 GiB of 8 GiB free, compute capability 8.9",
        "why": "what is free on the card bounds a step; bf16 needs capability 8.0, fp8 8.9, fp16 tensor cores 7.0 (NVIDIA, CUDA C++ Programming Guide, table of compute capabilities)"
      },
      {
        "kind": "good_for",
        "rule": "gpus-in-parallel",
        "text": "2 steps at the same time, one on each GPU",
        "fact": "2 GPUs",
        "why": "each step gets a GPU of its own"
      },
      {
        "kind": "holds_back",
        "rule": "gpu-memory-taken",
        "text": "638 MiB of RTX-4060's 8 GiB is taken now, by a display or another program: plan with what is free",
        "fact": "7.4 GiB free of 8 GiB",
        "why": "memory that others hold is not there for a step; 0.5 GiB and 2 % or more is worth knowing"
      },
      {
        "kind": "holds_back",
        "rule": "unequal-gpus",
        "text": "RTX-3090 and RTX-4060 are of different kinds: one step spread over them runs at the pace and within the memory of the weakest, RTX-4060",
        "fact": "GPUs: RTX-3090, RTX-4060",
        "why": "data-parallel steps wait for the slowest and are sized for the smallest card"
      },
      {
        "kind": "holds_back",
        "rule": "disk-full",
        "text": "/home has 11.2 GiB free of 457.3 GiB: checkpoints and data will fill it",
        "fact": "11.2 GiB free on /home",
        "why": "less than 20 GiB or 5 % free"
      },
      {
        "kind": "do_not_buy",
        "rule": "bigger-gpu",
        "text": "a bigger GPU, as long as no step of yours was seen to need more than 24 GiB: `curbstop plan` shows what renting one for the few that do costs",
        "fact": "RTX-3090 with 24 GiB",
        "why": "buy for a need that was measured; rent for the rare large step"
      },
      {
        "kind": "do_not_buy",
        "rule": "faster-disk",
        "text": "another NVMe disk: 374.4 GiB of 912.7 GiB are free on /",
        "fact": "/ is NVMe, 374.4 GiB free",
        "why": "an NVMe disk with 100 GiB or more free"
      },
      {
        "kind": "models",
        "rule": "classifier",
        "text": "train a text classifier of BERT's size (110 M parameters, 32 texts of 256 tokens at once): 5.7 GiB, some 180 texts/s: 10,000 texts in N s for each pass",
        "fact": "24 GiB free on RTX-3090",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free"
      },
      {
        "kind": "models",
        "rule": "qlora",
        "text": "adapt (QLoRA) models of up to 14.8B parameters (qwen2.5-14b, sequences of 2048, one at a time): 15 GiB, 400 tokens/s (230..710): 1 M tokens in 41 min",
        "fact": "24 GiB free on RTX-3090",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-14b, nf4-dq, QLoRA of rank 16, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "full",
        "text": "train whole models of up to 1.5B parameters (qwen2.5-1.5b, sequences of 2048, one at a time): 15 GiB, 2400 tokens/s (1400..4200): 1 M tokens in 7 min",
        "fact": "24 GiB free on RTX-3090",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-1.5b, bf16, full training, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "chat",
        "text": "answer faster than one reads: up to qwen2.5-32b in Q4_K_M with 8192 tokens of context, 21 GiB, 33 tokens/s (27..40)",
        "fact": "24 GiB free on RTX-3090",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; one reads some 5 tokens a second"
      },
      {
        "kind": "models",
        "rule": "70b",
        "text": "llama-3.3-70b in Q4_K_M only with 17 GiB of it in memory; how fast is known after `curbstop assess --measure`",
        "fact": "24 GiB free on RTX-3090, 20 GiB of memory free",
        "why": "what the GPU has no room for is read from memory for each token"
      }
    ]
  }

  $ curbstop assess --json --root $SOURCE/tests/machines/rented-a100
  {
    "origin": "synthetic",
    "os": "Ubuntu 22.04.3 LTS",
    "kernel": "5.15.0-122-generic",
    "hypervisor": null,
    "cpu": {
      "model": "AMD EPYC 7763",
      "arch": "x86_64",
      "sockets": 1,
      "cores": 64,
      "threads": 128,
      "usable": 16.0,
      "max_mhz": null,
      "features": [
        "avx",
        "avx2",
        "fma",
        "f16c"
      ],
      "tdp_watts": null,
      "tdp_source": null
    },
    "memory": {
      "total_bytes": 1082075906048,
      "available_bytes": 123480309760,
      "limit_bytes": 125627793408,
      "speed_mts": null,
      "rated_mts": null,
      "unified": false
    },
    "disks": [
      {
        "mount": "/",
        "device": null,
        "kind": "unknown",
        "why_unknown": "a container's layer hides the disk below it",
        "file_system": "overlay",
        "total_bytes": 53687091200,
        "free_bytes": 41875931136
      },
      {
        "mount": "/dev/shm",
        "device": null,
        "kind": "memory",
        "why_unknown": null,
        "file_system": "tmpfs",
        "total_bytes": 67108864,
        "free_bytes": 67108864
      },
      {
        "mount": "/workspace",
        "device": null,
        "kind": "network",
        "why_unknown": null,
        "file_system": "nfs4",
        "total_bytes": null,
        "free_bytes": null
      }
    ],
    "gpus": [
      {
        "index": 0,
        "name": "A100-SXM4-80GB",
        "driver_name": "NVIDIA A100-SXM4-80GB",
        "uuid": "GPU-00000000-0000-0000-0000-000000000001",
        "memory_total_bytes": 85899345920,
        "memory_free_bytes": 84973453312,
        "bandwidth_gbps": 2039.0,
        "compute_capability": "8.0",
        "driver_version": "535.183.06",
        "tdp_watts": 400,
        "limit_watts": 400,
        "draw_watts": 58,
        "busy_percent": 0,
        "source": "nvml"
      }
    ],
    "wsl": null,
    "container": {
      "kind": "docker",
      "cgroup_version": 2
    },
    "found": [
      {
        "name": "cuda",
        "version": "12.1",
        "path": "/usr/local/cuda-12.1"
      },
      {
        "name": "python3",
        "version": "3.10.12",
        "path": null
      }
    ],
    "calibration": null,
    "unreadable": [
      {
        "what": "space on `/workspace`",
        "why": "not asked: a network mount can block for ever"
      },
      {
        "what": "memory speed",
        "why": "`dmidecode` is not installed"
      }
    ],
    "class": "1x A100-SXM4-80GB",
    "power": {
      "without_gpu": {
        "watts": 106,
        "assumed": true,
        "source": "(CPU 65 W assumed) x 0.7 + 60 W, assumed"
      },
      "with_gpu": {
        "watts": 386,
        "assumed": true,
        "source": "(CPU 65 W assumed + A100-SXM4-80GB 400 W by the driver's limit) x 0.7 + 60 W, assumed"
      }
    },
    "advice": [
      {
        "kind": "good_for",
        "rule": "cpu-work",
        "text": "preparing data, tables, text classification and tests of a pipeline: 16 CPUs and 117 GiB do that without a GPU",
        "fact": "16 CPUs, 117 GiB",
        "why": "CPUs and 3.5 GiB or more of usable memory carry data preparation and linear models"
      },
      {
        "kind": "good_for",
        "rule": "cuda-work",
        "text": "CUDA steps that need up to 79.1 GiB on A100-SXM4-80GB; bf16 in hardware, but not fp8",
        "fact": "79.1 GiB of 80 GiB free, compute capability 8.0",
        "why": "what is free on the card bounds a step; bf16 needs capability 8.0, fp8 8.9, fp16 tensor cores 7.0 (NVIDIA, CUDA C++ Programming Guide, table of compute capabilities)"
      },
      {
        "kind": "holds_back",
        "rule": "container-limit",
        "text": "a limit leaves 16 of 128 CPUs and 117 GiB of 1007.8 GiB: set workers and batch sizes by these, not by what `nproc` or `free` show",
        "fact": "cgroup or CPU set: 16 of 128 CPUs and 117 GiB of 1007.8 GiB",
        "why": "the smallest limit of the process's own group and all above it holds"
      },
      {
        "kind": "holds_back",
        "rule": "small-shm",
        "text": "/dev/shm has 64 MiB: PyTorch's loader workers end with a bus error when it is full; start the container with `--shm-size 8g`",
        "fact": "/dev/shm is 64 MiB",
        "why": "containers get 64 MiB of shared memory unless told otherwise; loader workers pass batches through it"
      },
      {
        "kind": "do_not_buy",
        "rule": "rented",
        "text": "anything: a container with a GPU is most likely rented; choose another offer instead",
        "fact": "docker container, 1 GPU",
        "why": "hardware that is not yours cannot be extended"
      },
      {
        "kind": "models",
        "rule": "classifier",
        "text": "train a text classifier of BERT's size (110 M parameters, 32 texts of 256 tokens at once): 5.7 GiB, some 760 texts/s: 10,000 texts in N s for each pass",
        "fact": "79 GiB free on A100-SXM4-80GB",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free"
      },
      {
        "kind": "models",
        "rule": "qlora",
        "text": "adapt (QLoRA) models of up to 72.7B parameters (qwen2.5-72b, sequences of 2048, one at a time): 48 GiB, 360 tokens/s (200..630): 1 M tokens in 46 min",
        "fact": "79 GiB free on A100-SXM4-80GB",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-72b, nf4-dq, QLoRA of rank 16, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "full",
        "text": "train whole models of up to 3.1B parameters (qwen2.5-3b, sequences of 2048, one at a time): 30 GiB, 5400 tokens/s (3100..9400): 1 M tokens in 3 min",
        "fact": "79 GiB free on A100-SXM4-80GB",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-3b, bf16, full training, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "chat",
        "text": "answer faster than one reads: up to qwen2.5-72b in Q4_K_M with 8192 tokens of context, 47 GiB, 20 tokens/s (15..28)",
        "fact": "79 GiB free on A100-SXM4-80GB",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; one reads some 5 tokens a second"
      },
      {
        "kind": "models",
        "rule": "70b",
        "text": "llama-3.3-70b in Q4_K_M: 41 GiB, 22 tokens/s (16..31)",
        "fact": "79 GiB free on A100-SXM4-80GB, 115 GiB of memory free",
        "why": "what the GPU has no room for is read from memory for each token"
      }
    ]
  }

  $ curbstop assess --json --root $SOURCE/tests/machines/mac-m2-pro
  {
    "origin": "synthetic",
    "os": "macOS 15.1",
    "kernel": "24.1.0",
    "hypervisor": null,
    "cpu": {
      "model": "Apple M2 Pro",
      "arch": "arm64",
      "sockets": 1,
      "cores": 12,
      "threads": 12,
      "usable": null,
      "max_mhz": null,
      "features": [
        "neon"
      ],
      "tdp_watts": null,
      "tdp_source": null
    },
    "memory": {
      "total_bytes": 34359738368,
      "available_bytes": 16772333568,
      "limit_bytes": null,
      "speed_mts": null,
      "rated_mts": null,
      "unified": true
    },
    "disks": [
      {
        "mount": "/System/Volumes/Data",
        "device": null,
        "kind": "unknown",
        "why_unknown": "`diskutil` is not in the tree",
        "file_system": "apfs",
        "total_bytes": 494384795648,
        "free_bytes": 201863462912
      }
    ],
    "gpus": [
      {
        "index": 0,
        "name": "APPLE-M2-PRO",
        "driver_name": "Apple M2 Pro",
        "uuid": null,
        "memory_total_bytes": null,
        "memory_free_bytes": null,
        "bandwidth_gbps": 200.0,
        "compute_capability": null,
        "driver_version": null,
        "tdp_watts": 35,
        "limit_watts": null,
        "draw_watts": null,
        "busy_percent": null,
        "source": "apple"
      }
    ],
    "wsl": null,
    "container": null,
    "found": [],
    "calibration": null,
    "unreadable": [
      {
        "what": "the GPU's share of memory",
        "why": "only Metal knows it (recommendedMaxWorkingSetSize); `iogpu.wired_limit_mb` is at its default"
      },
      {
        "what": "programs",
        "why": "the tree of a Mac does not name them"
      },
      {
        "what": "memory speed",
        "why": "Apple does not publish it by command"
      }
    ],
    "class": "1x APPLE-M2-PRO",
    "power": {
      "without_gpu": {
        "watts": 85,
        "assumed": true,
        "source": "(APPLE-M2-PRO 35 W TDP by catalogue) x 0.7 + 60 W, assumed"
      },
      "with_gpu": {
        "watts": 85,
        "assumed": true,
        "source": "(APPLE-M2-PRO 35 W TDP by catalogue) x 0.7 + 60 W, assumed"
      }
    },
    "advice": [
      {
        "kind": "good_for",
        "rule": "cpu-work",
        "text": "preparing data, tables, text classification and tests of a pipeline: 12 CPUs and 32 GiB do that without a GPU",
        "fact": "12 CPUs, 32 GiB",
        "why": "CPUs and 3.5 GiB or more of usable memory carry data preparation and linear models"
      },
      {
        "kind": "good_for",
        "rule": "apple-work",
        "text": "steps for MPS or MLX: CPU and GPU share one memory, so nothing is copied between them",
        "fact": "unified memory, 32 GiB",
        "why": "Apple silicon has one memory for CPU and GPU"
      },
      {
        "kind": "holds_back",
        "rule": "no-cuda",
        "text": "APPLE-M2-PRO has no CUDA: steps that need bitsandbytes or TensorRT run on a rented machine",
        "fact": "GPU Apple M2 Pro read by apple",
        "why": "CUDA runs on NVIDIA's cards only"
      },
      {
        "kind": "do_not_buy",
        "rule": "ram",
        "text": "RAM: this chip's cannot be extended",
        "fact": "unified memory",
        "why": "more than half of 15 GiB or more was available when it was read"
      },
      {
        "kind": "models",
        "rule": "classifier",
        "text": "train a text classifier of BERT's size (110 M parameters, 32 texts of 256 tokens at once): 5.7 GiB, some 12 texts/s: 10,000 texts in 14 min for each pass",
        "fact": "21 GiB free on APPLE-M2-PRO",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free"
      },
      {
        "kind": "models",
        "rule": "lora",
        "text": "adapt (LoRA) models of up to 7.6B parameters (qwen2.5-7b, sequences of 2048, one at a time): 19 GiB, 62 tokens/s (35..110): 1 M tokens in 4.5 h",
        "fact": "21 GiB free on APPLE-M2-PRO",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-7b, bf16, LoRA of rank 16, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "full",
        "text": "train whole models of up to 1.5B parameters (qwen2.5-1.5b, sequences of 2048, one at a time): 15 GiB, 170 tokens/s (99..300): 1 M tokens in 1.6 h",
        "fact": "21 GiB free on APPLE-M2-PRO",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-1.5b, bf16, full training, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "chat",
        "text": "answer faster than one reads: up to qwen2.5-32b in Q4_K_M with 8192 tokens of context, 20 GiB, 7.9 tokens/s (6.1..10)",
        "fact": "21 GiB free on APPLE-M2-PRO",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; one reads some 5 tokens a second"
      },
      {
        "kind": "models",
        "rule": "70b",
        "text": "not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 21 GiB are free",
        "fact": "16 GiB of memory free",
        "why": "what the GPU has no room for is read from memory for each token"
      }
    ]
  }

  $ curbstop assess --json --root $SOURCE/tests/machines/linux-rx7900xtx
  {
    "origin": "synthetic",
    "os": "Fedora Linux 41 (Workstation Edition)",
    "kernel": "6.11.4-301.fc41.x86_64",
    "hypervisor": null,
    "cpu": {
      "model": "Intel Core i5-12400",
      "arch": "x86_64",
      "sockets": 1,
      "cores": 6,
      "threads": 12,
      "usable": null,
      "max_mhz": null,
      "features": [
        "avx",
        "avx2",
        "fma",
        "f16c"
      ],
      "tdp_watts": 65,
      "tdp_source": "table"
    },
    "memory": {
      "total_bytes": 16675504128,
      "available_bytes": 5368709120,
      "limit_bytes": null,
      "speed_mts": null,
      "rated_mts": null,
      "unified": false
    },
    "disks": [
      {
        "mount": "/",
        "device": "nvme0n1",
        "kind": "nvme",
        "why_unknown": null,
        "file_system": "btrfs",
        "total_bytes": 998000000000,
        "free_bytes": 611000000000
      },
      {
        "mount": "/dev/shm",
        "device": null,
        "kind": "memory",
        "why_unknown": null,
        "file_system": "tmpfs",
        "total_bytes": 8337752064,
        "free_bytes": 8337752064
      },
      {
        "mount": "/home",
        "device": "nvme0n1",
        "kind": "nvme",
        "why_unknown": null,
        "file_system": "btrfs",
        "total_bytes": 998000000000,
        "free_bytes": 611000000000
      }
    ],
    "gpus": [
      {
        "index": 0,
        "name": "UHD Graphics 730",
        "driver_name": "UHD Graphics 730",
        "uuid": null,
        "memory_total_bytes": null,
        "memory_free_bytes": null,
        "bandwidth_gbps": null,
        "compute_capability": null,
        "driver_version": null,
        "tdp_watts": null,
        "limit_watts": null,
        "draw_watts": null,
        "busy_percent": null,
        "source": "sysfs"
      },
      {
        "index": 1,
        "name": "RX-7900-XTX",
        "driver_name": "AMD Radeon RX 7900 XTX",
        "uuid": null,
        "memory_total_bytes": 25753026560,
        "memory_free_bytes": 24142413824,
        "bandwidth_gbps": 960.0,
        "compute_capability": "gfx1100",
        "driver_version": null,
        "tdp_watts": 355,
        "limit_watts": null,
        "draw_watts": null,
        "busy_percent": null,
        "source": "sysfs"
      }
    ],
    "wsl": null,
    "container": null,
    "found": [
      {
        "name": "python3",
        "version": "3.13.0",
        "path": null
      }
    ],
    "calibration": null,
    "unreadable": [
      {
        "what": "memory of GPU `UHD Graphics 730`",
        "why": "the kernel's driver does not show it (graphics built into a CPU have none)"
      },
      {
        "what": "memory speed",
        "why": "`dmidecode` is not installed"
      }
    ],
    "class": "1x RX-7900-XTX",
    "power": {
      "without_gpu": {
        "watts": 106,
        "assumed": true,
        "source": "(CPU 65 W TDP by table) x 0.7 + 60 W, assumed"
      },
      "with_gpu": {
        "watts": 354,
        "assumed": true,
        "source": "(CPU 65 W TDP by table + UHD Graphics 730 unknown, counted as 0 W + RX-7900-XTX 355 W TDP by catalogue) x 0.7 + 60 W, assumed"
      }
    },
    "advice": [
      {
        "kind": "good_for",
        "rule": "cpu-work",
        "text": "preparing data, tables, text classification and tests of a pipeline: 12 CPUs and 15.5 GiB do that without a GPU",
        "fact": "12 CPUs, 15.5 GiB",
        "why": "CPUs and 3.5 GiB or more of usable memory carry data preparation and linear models"
      },
      {
        "kind": "good_for",
        "rule": "rocm-work",
        "text": "ROCm steps that need up to 22.5 GiB on RX-7900-XTX",
        "fact": "22.5 GiB of 24 GiB free, gfx1100",
        "why": "what is free on the card bounds a step; AMD's cards run ROCm"
      },
      {
        "kind": "holds_back",
        "rule": "gpu-memory-taken",
        "text": "1.5 GiB of RX-7900-XTX's 24 GiB is taken now, by a display or another program: plan with what is free",
        "fact": "22.5 GiB free of 24 GiB",
        "why": "memory that others hold is not there for a step; 0.5 GiB and 2 % or more is worth knowing"
      },
      {
        "kind": "holds_back",
        "rule": "no-cuda",
        "text": "RX-7900-XTX has no CUDA: steps that need bitsandbytes or TensorRT run on a rented machine",
        "fact": "GPU AMD Radeon RX 7900 XTX read by sysfs",
        "why": "CUDA runs on NVIDIA's cards only"
      },
      {
        "kind": "do_not_buy",
        "rule": "bigger-gpu",
        "text": "a bigger GPU, as long as no step of yours was seen to need more than 24 GiB: `curbstop plan` shows what renting one for the few that do costs",
        "fact": "RX-7900-XTX with 24 GiB",
        "why": "buy for a need that was measured; rent for the rare large step"
      },
      {
        "kind": "do_not_buy",
        "rule": "faster-disk",
        "text": "another NVMe disk: 569 GiB of 929.5 GiB are free on /",
        "fact": "/ is NVMe, 569 GiB free",
        "why": "an NVMe disk with 100 GiB or more free"
      },
      {
        "kind": "models",
        "rule": "classifier",
        "text": "train a text classifier of BERT's size (110 M parameters, 32 texts of 256 tokens at once): 5.7 GiB, some 200 texts/s: 10,000 texts in N s for each pass",
        "fact": "22 GiB free on RX-7900-XTX",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free"
      },
      {
        "kind": "models",
        "rule": "qlora",
        "text": "adapt (QLoRA) models of up to 14.8B parameters (qwen2.5-14b, sequences of 2048, one at a time): 15 GiB, 460 tokens/s (260..810): 1 M tokens in 36 min",
        "fact": "22 GiB free on RX-7900-XTX",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-14b, nf4-dq, QLoRA of rank 16, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "full",
        "text": "train whole models of up to 1.5B parameters (qwen2.5-1.5b, sequences of 2048, one at a time): 15 GiB, 2700 tokens/s (1600..4800): 1 M tokens in 6 min",
        "fact": "22 GiB free on RX-7900-XTX",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; qwen2.5-1.5b, bf16, full training, sequence 2048, batch 1"
      },
      {
        "kind": "models",
        "rule": "chat",
        "text": "answer faster than one reads: up to qwen2.5-32b in Q4_K_M with 8192 tokens of context, 21 GiB, 28 tokens/s (21..37)",
        "fact": "22 GiB free on RX-7900-XTX",
        "why": "as `curbstop model fit` estimates it, the whole interval below what is free; one reads some 5 tokens a second"
      },
      {
        "kind": "models",
        "rule": "70b",
        "text": "not llama-3.3-70b in Q4_K_M: it takes 41 GiB, and 27 GiB are free",
        "fact": "22 GiB free on RX-7900-XTX, 5.0 GiB of memory free",
        "why": "what the GPU has no room for is read from memory for each token"
      }
    ]
  }

A tree is recorded once; what it must not be is said.

  $ curbstop assess --record tree
  recorded in WORK/tree, without names, serial numbers and addresses
  read it with: curbstop assess --root tree

  $ curbstop assess --record tree
  ! error: cannot record this computer
  !   because `WORK/tree` is not empty
  ! hint: name a folder that does not exist yet
  ? 4

  $ curbstop assess --root nowhere
  ! error: `WORK/nowhere` is no folder
  ! hint: `curbstop assess --record DIR` makes one
  ? 3

  $ curbstop assess --root tree --record other
  ! error: `--record` and `--root` exclude each other
  ! hint: a tree that exists already can be copied as it is
  ? 2

  $ echo 7 >tree/version; curbstop assess --root tree
  ! error: `WORK/tree` is a tree of version `7`, this program reads version 1
  ? 2

Only this computer can be measured.

  $ curbstop assess --root tree --measure
  ! error: `--measure` measures this computer, `--root` reads another one
  ! hint: leave one of them out
  ? 2
