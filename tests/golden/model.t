Will it fit: the parts of the memory, each with its evidence, and a verdict with an interval.

  $ curbstop model fit qwen2.5-7b --quant Q4_K_M --context 8192 --gpu RTX-3080
  qwen2.5-7b, 7.6B parameters, Q4_K_M, context 8192, llama.cpp on RTX-3080
    gpu0, GiB: weights 4.1 (exact) · cache 0.4 (exact) · compute 0.3 ± 0.01 ·
      context 0.4 ± 0.04 (class constant, not probed here)
    host, GiB: weights 0.3 (exact) · compute 0.01 · output 0.00 (exact)
    peak 5.2 GiB, 5.2..5.3 of 9.8: fits
    decode 111 tokens/s (91..136) · prefill 4506 tokens/s (3066..6624)     evidence: formula + class parameters
  $ curbstop model fit llama-3.3-70b --gpu RTX-4090:2
  llama-3.3-70b, 70.6B parameters, Q4_K_M, context 4096, llama.cpp on RTX-4090:2
    gpu0, GiB: weights 19.6 ± 0.06 (approximate) · cache 0.6 (exact) · compute
      0.3 ± 0.01 · context 0.4 ± 0.04 (class constant, not probed here)
    gpu1, GiB: weights 19.5 ± 0.06 (approximate) · cache 0.6 (exact) · compute
      0.3 ± 0.01 · context 0.4 ± 0.04 (class constant, not probed here)
    host, GiB: weights 0.6 (exact) · compute 0.03 · output 0.00 (exact)
    peak 21.0 GiB, 20.9..21.1 of 23.6: fits
    decode 18 tokens/s (15..22) · prefill 920 tokens/s (368..2301)     evidence: formula + class parameters
  $ curbstop model fit qwen3-14b --context 8192 --cache-type q8_0 --gpu RTX-3080 --explain
  qwen3-14b, 14.8B parameters, Q4_K_M, context 8192, llama.cpp on RTX-3080
    gpu0, GiB: weights 8.0 (exact) · cache 0.7 (exact) · compute 0.3 ± 0.01 ·
      context 0.4 ± 0.04 (class constant, not probed here)
    host, GiB: weights 0.4 (exact) · compute 0.02 · output 0.00 (exact)
    peak 9.4 GiB, 9.3..9.4 of 9.8: fits
    decode 58 tokens/s (47..70) · prefill 2277 tokens/s (1549..3347)     evidence: formula + class parameters
    weights on gpu0: 8558218240 bytes (8558218240..8558218240), exact; Q4_K_M; Lightning-AI/litgpt@26857050:litgpt/config.py#Qwen3-14B
    cache on gpu0: 713031680 bytes (713031680..713031680), exact; fit/kv_cache.h
    compute on gpu0: 321650688 bytes (318434181..328083701), formula; llama.cpp allocator rules, fit/llama_cpp.h
    context on gpu0: 450887680 bytes (419430400..492830720), class constant, not probed here; ollama/ollama#9988, ggml-org/llama.cpp#15860
    weights on host: 437575680 bytes (437575680..437575680), exact; Q4_K_M; Lightning-AI/litgpt@26857050:litgpt/config.py#Qwen3-14B
    compute on host: 18874368 bytes (18685624..19251855), formula; llama.cpp allocator rules, fit/llama_cpp.h
    output on host: 607744 bytes (607744..607744), exact; llama.cpp allocator rules, fit/llama_cpp.h

Training is a maximum over the timeline of a step, with the time it takes; where it does not fit, what would is tried.

  $ curbstop model fit llama-3.1-8b --method lora --batch 2 --chunked-loss --gpu RTX-4090 --tokens 40M
  llama-3.1-8b, 8.0B parameters, bf16, LoRA of rank 16, sequence 2048, batch 2 on RTX-4090
    gpu0, GiB: weights 15.0 ± 0.23 · optimizer states 0.2 (exact) · logits 0.4 ±
      0.10 (class constant) · activations 1.9 ± 0.38 (class constant) · buffers
      0.1 ± 0.10 (class constant) · allocator 0.09 ± 0.18 (class constant) ·
      context 0.4 ± 0.10 (class constant, not probed here)
    peak 18.1 GiB, 17.3..19.2 of 23.6: fits
    2089 tokens/s (1194..3656) · 5.3 h for 40 M tokens (3.0..9.3)     evidence: formula + class parameters
  $ curbstop model fit qwen2.5-7b --method qlora --sequence 2048 --batch 4 --gpu RTX-3080
  qwen2.5-7b, 7.6B parameters, nf4-dq, QLoRA of rank 16, sequence 2048, batch 4 on RTX-3080
    gpu0, GiB: weights 5.3 ± 0.08 · optimizer states 0.3 (exact) · logits 11.6 ±
      2.90 (class constant) · activations 3.6 ± 0.72 (class constant) · buffers
      0.1 ± 0.10 (class constant) · allocator 0.6 ± 1.21 (class constant) ·
      context 0.4 ± 0.10 (class constant, not probed here)
    peak 22.0 GiB, 18.7..27.1 of 9.8: no
    718 tokens/s (410..1257)     evidence: formula + class parameters
    would fit: --chunked-loss --batch 2 --accumulate 2: 8.7 GiB, fits, +0 % speed
               --chunked-loss --batch 1 --accumulate 4: 7.5 GiB, fits, -8 % speed
  ? 1
  $ curbstop model fit qwen2.5-1.5b --method lora --batch 4 --gpu RTX-3080 --technique auto
  qwen2.5-1.5b, 1.5B parameters, LoRA of rank 16, sequence 2048, batch 4 on RTX-3080
    as asked: 17.2 GiB (14.4..21.7) of 9.8 GiB: no
  the smallest change that makes it fit, 1 choice of the command line:
    6.1 (5.4..7.1)      2929 (1674..5125)           -   unknown: lora of rank 16
        --method lora --rank 16 --checkpointing full --chunked-loss --batch 4
  624 techniques tried, 176 fit for sure, 46 of them beaten by none; the 8 that differ most (all:
  `--json`):
    peak GiB            tokens/s              RAM GiB   quality lost beside full, 16 bit, AdamW
    6.9 (6.0..8.1)      1977 (1130..3460)         5.8   none
        --method full --checkpointing full --chunked-loss --optimizer paged --optimizer-in-backward
        --batch 4
    4.2 (3.4..5.2)      1372 (784..2401)         11.5   none
        --method full --checkpointing selective --chunked-loss --batch 1 --accumulate 4 --cpu-offload
    2.3 (1.9..2.9)      1175 (671..2056)         11.5   none
        --method full --checkpointing full --chunked-loss --batch 2 --accumulate 2 --cpu-offload
    1.7 (1.4..2.1)      1081 (617..1891)         11.5   none
        --method full --checkpointing full --chunked-loss --batch 1 --accumulate 4 --cpu-offload
    7.2 (6.3..8.3)      3743 (2139..6551)           -   -1.1 points of accuracy (llama-3.2-3b)
        --method lora --rank 64 --checkpointing selective --chunked-loss --batch 1 --accumulate 4
    4.6 (4.3..5.1)      2708 (1548..4739)           -   -1.1 points of accuracy (llama-3.2-3b)
        --method lora --rank 64 --checkpointing full --chunked-loss --batch 1 --accumulate 4
    3.2 (2.9..3.7)      2461 (1406..4307)           -   lora of rank 64 -1.1 points of accuracy
                                                        (llama-3.2-3b), unknown: nf4-dq
        --method qlora --rank 64 --checkpointing full --chunked-loss --batch 1 --accumulate 4
    2.4 (2.1..2.8)      2461 (1406..4307)           -   unknown: nf4-dq, lora of rank 8
        --method qlora --rank 8 --checkpointing full --chunked-loss --batch 1 --accumulate 4
  quality as published for the model in brackets, a prior for any other:
    llama-3.2-3b, 2025-06,
      huggingface/peft@18e07f18:method_comparison/MetaMathQA/results
  $ curbstop model fit qwen3-14b --quant Q4_K_M --context 16384 --gpu RTX-3080 --technique auto --explain
  qwen3-14b, 14.8B parameters, context 16384, llama.cpp on RTX-3080
    as asked: 11.2 GiB (11.2..11.2) of 9.8 GiB: no
  the smallest change that makes it fit, 1 choice of the command line:
    9.6 (9.6..9.7)      53 (43..64)               0.4   Q4_K_M +2.8 % perplexity (llama-3-8b),
                                                        unknown: cache q5_1
        --quant Q4_K_M --cache-type q5_1 --context 16384
  6 techniques tried, 4 fit for sure, 4 of them beaten by none:
    peak GiB            tokens/s              RAM GiB   quality lost beside 16 bit
    9.7 (9.6..9.7)      18 (11..30)               2.6   +2.8 % perplexity (llama-3-8b)
        --quant Q4_K_M --context 16384 --gpu-layers 34
    9.6 (9.5..9.6)      28 (19..43)               1.5   Q4_K_M +2.8 % perplexity (llama-3-8b), cache
                                                        q8_0 +0.03 % perplexity (llama-3-8b)
        --quant Q4_K_M --cache-type q8_0 --context 16384 --gpu-layers 38
    9.4 (9.4..9.4)      53 (43..64)               0.4   Q4_K_M +2.8 % perplexity (llama-3-8b),
                                                        unknown: cache q4_0
        --quant Q4_K_M --cache-type q4_0 --context 16384
    9.6 (9.6..9.7)      53 (43..64)               0.4   Q4_K_M +2.8 % perplexity (llama-3-8b),
                                                        unknown: cache q5_1
        --quant Q4_K_M --cache-type q5_1 --context 16384
  quality as published for the model in brackets, a prior for any other:
    weights Q4_K_M: perplexity 6.407115 beside 6.231633 of llama-3-8b on
      Wikitext-2 (2024-05); ggml-org/llama.cpp examples/perplexity/README.md at
      revision f364eb6f (copy read: ikawrakow/ik_llama.cpp@18b4e0ec)
    cache q8_0: perplexity 6.234369 beside 6.232196 of llama-3-8b on Wikitext-2
      (2024-05); ggml-org/llama.cpp#7412
  $ curbstop model fit llama-3.1-70b --gpu RTX-3080 --quant Q8_0 --gpu-layers 40 --technique auto
  llama-3.1-70b, 70.6B parameters, context 4096, llama.cpp on RTX-3080
    as asked: 36.2 GiB (36.2..36.3) of 9.8 GiB: no
  none of 12 techniques fits for sure; the nearest:
    peak GiB            tokens/s              RAM GiB   quality lost beside 16 bit
    35.6 (35.6..35.7)   0.9 (0.5..1.8)           36.0   Q8_0 +0.04 % perplexity (llama-3-8b), unknown:
                                                        cache q4_0
        --quant Q8_0 --cache-type q4_0 --context 1024 --gpu-layers 40
  quality as published for the model in brackets, a prior for any other:
    llama-3-8b, 2024-05, ggml-org/llama.cpp examples/perplexity/README.md at
      revision f364eb6f (copy read: ikawrakow/ik_llama.cpp@18b4e0ec)
  ? 1
  $ curbstop model fit qwen3-8b --gpu RTX-3080 --max-context
  33792

Convolutional models: layer by layer, for images of any size.

  $ curbstop model fit resnet-50 --method full --batch 128 --checkpointing none --gpu RTX-3080
  resnet-50, 26M parameters, bf16, full training on images of 224 x 224, batch 128 on RTX-3080
    gpu0, GiB: weights 0.1 (exact) · gradients 0.1 ± 0.05 · optimizer states 0.2
      (exact) · activations 5.2 ± 0.63 · largest gradients 0.4 ± 0.19 · allocator
      0.2 ± 0.17 (class constant) · workspace 0.2 ± 0.92 (guess) · context 0.4 ±
      0.10 (class constant, not probed here)
    peak 6.9 GiB, 5.8..8.9 of 9.8: fits
    767 images/s (529..1113)     evidence: formula + class parameters
  $ curbstop model fit resnet-50 --method full --batch 256 --checkpointing none --gpu RTX-3080
  resnet-50, 26M parameters, bf16, full training on images of 224 x 224, batch 256 on RTX-3080
    gpu0, GiB: weights 0.1 (exact) · gradients 0.1 ± 0.05 · optimizer states 0.2
      (exact) · activations 10.4 ± 1.25 · largest gradients 0.8 ± 0.38 · allocator
      0.3 ± 0.34 (class constant) · workspace 0.2 ± 0.92 (guess) · context 0.4 ±
      0.10 (class constant, not probed here)
    peak 12.7 GiB, 10.8..15.7 of 9.8: no
    767 images/s (529..1113)     evidence: formula + class parameters
    would fit: --checkpointing full: 6.6 GiB, fits, -25 % speed
               --batch 128: 6.9 GiB, fits, +0 % speed
               --batch 64: 4.0 GiB, fits, +0 % speed
               --batch 32: 2.6 GiB, fits, +0 % speed
  ? 1
  $ curbstop model fit convnext-large --image 384 --batch 8 --gpu RTX-3080
  convnext-large, 198M parameters, bf16, inference on images of 384 x 384, batch 8 on RTX-3080
    gpu0, GiB: weights 0.4 (exact) · activations 0.3 ± 0.11 · workspace 0.2 ±
      0.92 (guess) · context 0.4 ± 0.10 (class constant, not probed here)
    peak 1.4 GiB, 1.0..2.5 of 9.8: fits
    147 images/s (74..295)     evidence: formula + class parameters
  $ curbstop model fit resnet-50 --method full --checkpointing none --gpu RTX-3080 --max-batch
  144
  $ curbstop model fit resnet-50 --gpu RTX-3080 --max-context
  ! error: `--max-context`: this model has no context
  ! hint: `--max-batch` tells how many inputs at once fit
  ? 2
  $ curbstop model fit resnet-50 --method full --gpu RTX-3080 --technique auto
  ! error: there is no search for convolutional models and unknown networks
  ! hint: `--max-batch` tells the largest batch, an answer that is no what would fit
  ? 2

Models for tables: what scikit-learn, LightGBM and XGBoost hold in RAM.

  $ curbstop model fit random-forest --rows 100k --columns 50 --trees 500 --memory 16GiB
  random-forest, 500 trees, on 100000 rows of 50 columns in float64
    host, GiB: process 0.1 ± 0.08 (class constant) · table 0.04 (exact) ·
      float32 copy 0.02 (exact) · working 0.01 ± 0.01 (class constant) · model 0.8
      ± 2.31
    peak 1.0 GiB, 0.2..3.4 of 16.0: fits
    fit 15 min (4 min..44 min) on one core     evidence: published complexity, class constant
  $ curbstop model fit svm --rows 100k --columns 50 --memory 1GiB
  svm, on 100000 rows of 50 columns in float64
    host, GiB: process 0.1 ± 0.08 (class constant) · table 0.04 (exact) ·
      working 0.01 ± 0.03 (class constant) · kernel cache 0.2 · support vectors
      0.01 ± 0.02
    peak 0.4 GiB, 0.3..0.5 of 1.0: fits
    fit 17 min (N s..2.8 h) on one core     evidence: published complexity, class constant
    note: its time grows with the square of the rows at least, its guide says;
      100000 rows want a linear kernel (logistic-regression) or a part of them
  $ curbstop model fit LGBMClassifier --rows 20M --columns 100 --memory 16GiB
  lightgbm, 100 trees, on 20000000 rows of 100 columns in float64
    host, GiB: process 0.1 ± 0.07 (class constant) · table 14.9 (exact) · sample
      0.2 ± 0.09 · bins 3.7 ± 1.86 (class constant) · working 0.7 ± 1.49 (class
      constant) · model 0.00
    peak 19.7 GiB, 17.4..22.2 of 16.0: no
    fit 83 min (8 min..5.6 h) on one core     evidence: published complexity, class constant
    would fit: --quant float32: 12.3 GiB, fits, +0 % speed
  ? 1
  $ curbstop model fit knn --rows 1M --columns 12 --memory 16GiB --explain
  k-nearest-neighbours, on 1000000 rows of 12 columns in float64
    host, GiB: process 0.1 ± 0.07 (class constant) · table 0.09 (exact) ·
      working 0.06 ± 0.04 (class constant) · tree 0.02
    peak 0.3 GiB, 0.2..0.4 of 16.0: fits
    time unknown: its steps depend on the data
    process on host: 131072000 bytes (91750400..209715200), class constant; bench/fit/rows-tabular.csv
    table on host: 96000000 bytes (96000000..96000000), exact; float64
    working on host: 60000000 bytes (20000000..100000000), class constant; bench/fit/rows-tabular.csv
    tree on host: 20582720 bytes (20582720..20582720), formula; sklearn.neighbors.KDTree, leaf_size 30
  $ curbstop model fit knn --rows 5
  ! error: `--columns` is not given; a model for tables needs it
  ! hint: for example `--rows 100k --columns 50`
  ? 2
  $ curbstop model fit xgboost --rows many --columns 4
  ! error: `--rows` is `many`, expected a number such as `40M`, `1.5B` or `2000000`
  ? 2
  $ curbstop model fit xgboost --rows 5M --columns 4 --gpu RTX-3080
  ! error: `--gpu` means nothing for a model for tables
  ! hint: it runs on the CPU; `--rows`, `--columns`, `--trees`, `--clusters`, `--classes`, `--depth`, `--quant float32` and `--memory` tell all of it
  ? 2
  $ curbstop model fit xgboost --rows 5M --columns 4 --quant Q4_K_M
  ! error: `--quant` is `Q4_K_M`, expected float64 or float32 of a table
  ? 2
  $ curbstop model fit resnet-50 --rows 5
  ! error: `--rows` belongs to models for tables
  ! hint: for example `random-forest`; they are linear-regression, logistic-regression, random-forest, random-forest-regression, hist-gradient-boosting, lightgbm, xgboost, k-means, svm, k-nearest-neighbours
  ? 2

vLLM takes a share of the device; what counts is how many tokens its cache holds.

  $ curbstop model fit llama-3.1-8b --engine vllm --context 8192 --gpu H100
  llama-3.1-8b, 8.0B parameters, bf16, context 8192, vLLM on H100
    gpu0, GiB: weights 15.0 ± 0.04 (exact) · outside torch 0.1 ± 0.19 (class
      constant) · activations 1.2 ± 0.19 · CUDA graphs 0.2 ± 0.45 (class constant)
      · cache of one full sequence 1.0 (exact)
    peak 17.6 GiB, 17.2..18.5 of 79.2: fits
    cache for 449920 tokens (446496..452176) · decode 126 tokens/s (97..164) · prefill 19718 tokens/s (13414..28985)     evidence: formula + class parameters

A file's own header says what it holds; a hostile one is refused with the place.

  $ printf 'GGUF\003\000\000\000\000\000\000\000\000\000\000\200\000\000\000\000\000\000\000\000' > bad.gguf
  $ curbstop model fit bad.gguf --gpu RTX-3080
  ! error: `bad.gguf` at offset 8: 9223372036854775808 tensors, expected at most 131072
  ? 8
  $ mkdir tiny && printf '{"model_type":"llama","num_hidden_layers":32,"hidden_size":4096,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"vocab_size":128256}' > tiny/config.json
  $ curbstop model fit ./tiny --quant Q4_K_M --gpu RTX-3080
  tiny, 8.0B parameters, Q4_K_M, context 4096, llama.cpp on RTX-3080
    gpu0, GiB: weights 4.3 ± 0.22 (approximate) · cache 0.5 (exact) · compute
      0.3 ± 0.01 · context 0.4 ± 0.04 (class constant, not probed here)
    host, GiB: weights 0.3 ± 0.01 (approximate) · compute 0.01 · output 0.00
      (exact)
    peak 5.5 GiB, 5.2..5.7 of 9.8: fits
    decode 104 tokens/s (85..126) · prefill 4238 tokens/s (2883..6231)     evidence: formula + class parameters
  $ curbstop model fit ./none.gguf --gpu RTX-3080
  ! error: cannot read `WORK/./none.gguf`: No such file or directory
  ? 3

What is not understood is named.

  $ curbstop model fit llama-3.1-7 --gpu RTX-3080
  ! error: model `llama-3.1-7` is not in the family table, and its name has no size (did you mean `llama-3.1-8b`?)
  ! hint: name a family and size (`qwen2.5-7b`) or a file (`model.gguf`)
  ? 3
  $ curbstop model fit qwen2.5-7b --gpu RTX-3081
  ! error: accelerator `RTX-3081` is not in the catalogue (did you mean `RTX-3080`?)
  ? 3
  $ curbstop model fit qwen2.5-7b --quant q4_k_z --gpu RTX-3080
  ! error: weight format `q4_k_z` is not known
  ! hint: for example `Q4_K_M`, `bf16`, `nf4`, `nf4-dq`, `int8`, `AWQ g128`
  ? 2
  $ curbstop model fit vit-b-16-224 --gpu RTX-3080
  ! error: there is no rule yet for inference of `vit-b-16-224` (vit)
  ! hint: `--method full` or `--method lora` tells about its training
  ? 2
  $ curbstop model fit qwen2.5-7b --method qlra --gpu RTX-3080
  ! error: `--method` is `qlra`, expected one of: full, lora, qlora, dora, qdora (did you mean `qlora`?)
  ? 2
  $ curbstop model fit
  ! error: no model is named
  ! hint: for example `curbstop model fit qwen2.5-7b --gpu RTX-3080`
  ? 2

`--verify` holds the answers against published measurements; what a row leaves unsaid is counted.

  $ cat > truth.csv <<'END'
  > id,model,params_b,dtype_quant,technique,seq_len,batch,ctx,hardware,metric,value,unit,grade,source,notes
  > a,llama-3-8b,8.03,Q4_K_M,llama.cpp b2824 no FA,,1,8192,CUDA 1 GPU,kv_buffer:CUDA0,1024,MiB,A,log,
  > b,llama-3-8b,8.03,F16,llama.cpp b2824 no FA,,1,8192,1x RTX 4080 16GB,oom,1,bool,A,log,
  > c,nobody,,Q4_K_M,llama.cpp b2824,,1,8192,CUDA 1 GPU,kv_buffer:CUDA0,1,MiB,A,log,
  > END
  $ curbstop model fit --verify truth.csv
  metric     grade  rows  understood  median  mean  p90   p95   worst  false fits  false no  covered  width
  kv_buffer  A         2           1  0.00    0.00  0.00  0.00  0.00            0         0  100.00   0.00
  oom        A         1           1                                            0         0
  errors, coverage and width in percent of the measured value; width of the estimate
  
  not understood: 1 rows
    c  model `nobody` is not in the family table, and its name has no size

An engine's own log beside what would have been estimated, and what follows for another context.

  $ cat > llama.log <<'END'
  > llama_model_loader: loaded meta data with 28 key-value pairs and 292 tensors from Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf (version GGUF V3 (latest))
  > print_info: file type   = Q4_K - Medium
  > load_tensors: offloaded 33/33 layers to GPU
  > load_tensors:        CUDA0 model buffer size =  4403.49 MiB
  > load_tensors:   CPU_Mapped model buffer size =   281.81 MiB
  > llama_context: n_ctx         = 8192
  > llama_context: flash_attn    = 0
  > llama_kv_cache:      CUDA0 KV buffer size =  1024.00 MiB
  > llama_context:      CUDA0 compute buffer size =   600.00 MiB
  > llama_perf_context_print:        eval time =    1000.00 ms /   100 runs   (   10.00 ms per token,   100.00 tokens per second)
  > END
  $ curbstop model fit --from-log llama.log --gpu RTX-3080 --context 16384
  llama.cpp: llama-3.1-8b, Q4_K_M, context 8192 on RTX-3080
                      on       measured                estimated  error
  weights             gpu0  4403.49 MiB                  4403.49  0         agrees
  weights             host   281.81 MiB                   281.81  0         agrees
  cache               gpu0  1024.00 MiB                  1024.00  0         agrees
  compute             gpu0   600.00 MiB  560.00 (554.40..571.20)  -6.67 %   differs
  decode at depth 50          100.0 t/s      110.8 (90.8..135.2)  +10.81 %  agrees
  
  with what the log says:
  llama-3.1-8b, 8.0B parameters, Q4_K_M, context 16384, llama.cpp on RTX-3080
    gpu0, GiB: weights 4.3 (the log agrees) · cache 2.0 (the log agrees) ·
      compute 1.1 ± 0.09 (the log differs, scaled to it) · context 0.4 ± 0.04
      (class constant, not probed here)
    host, GiB: weights 0.3 (the log agrees) · compute 0.04 · output 0.00 (exact)
    peak 7.9 GiB, 7.7..8.0 of 9.8: fits
    decode 80 tokens/s (66..97) · prefill 4238 tokens/s (2883..6231)     evidence: decode by 1 run measured of this GPU; the rest formula + class parameters
  $ curbstop model fit qwen2.5-7b --from-log llama.log --gpu RTX-3080
  ! error: the log is of `llama-3.1-8b` with 32 layers of width 4096, `qwen2.5-7b` has 28 of 3584
  ! hint: leave the model out; the log names it
  ? 2
  $ printf 'hello\n' > notes.txt
  $ curbstop model fit --from-log notes.txt
  ! error: nothing in `notes.txt` is a log that is known
  ! hint: known are llama.cpp's and ollama's logs, llama-bench tables, the text of `torch.cuda.memory_summary()` and torch's memory snapshots
  ? 2
  $ printf '\200\004\214\002os\214\006system\223\214\004echo\205R.' > evil.pickle
  $ curbstop model fit qwen2.5-7b --method lora --from-log evil.pickle
  ! error: cannot read the pickle `evil.pickle`
  !   because opcode STACK_GLOBAL at offset 14 would run code of the file's choice
  ! hint: a memory snapshot needs none; write it as JSON, or look where it is from
  ? 5
  $ curbstop model fit qwen2.5-7b --method lora --from-log llama.log
  ! error: the log is of llama.cpp, and `--method` asks for training
  ! hint: leave `--method` out
  ? 2

What a log measured is kept with the machine where it is asked for, and corrects later estimates of
the same GPU and engine.

  $ curbstop model fit --from-log llama.log --gpu RTX-3080 --remember | tail -n 1
  kept 1 measured figure for later estimates
  $ curbstop model fit qwen2.5-14b --gpu RTX-3080 --quant Q3_K_M | tail -n 1
    decode 64 tokens/s (50..82) · prefill 2273 tokens/s (1547..3342)     evidence: decode by 1 run measured of this GPU; the rest formula + class parameters
  $ curbstop model fit qwen2.5-14b --gpu RTX-3090 --quant Q3_K_M | tail -n 1
    decode 81 tokens/s (67..99) · prefill 2569 tokens/s (1747..3776)     evidence: formula + class parameters

PyTorch's sums do the same for models of images, on the device that was measured.

  $ printf '| Allocated memory      |   1000 MiB |   6144 MiB |   90 GiB |   89 GiB |\n' > summary.txt
  $ printf '| GPU reserved memory   |   6300 MiB |   6300 MiB | 6300 MiB |    0 B   |\n' >> summary.txt
  $ sed -i '1i |      PyTorch CUDA memory summary, device ID 0      |' summary.txt
  $ curbstop model fit resnet-50 --method full --batch 64 --checkpointing none --gpu RTX-3080 --from-log summary.txt --remember
  PyTorch: resnet-50, bf16 on RTX-3080
             on       measured                   estimated  error
  allocated  gpu0  6144.00 MiB  3561.22 (2960.83..4923.68)  -42.04 %  differs
  reserved   gpu0  6300.00 MiB  3647.21 (2960.83..5095.67)  -42.11 %  differs
  
  with what the log says:
  resnet-50, 26M parameters, bf16, full training on images of 224 x 224, batch 64 on RTX-3080
    gpu0, GiB: weights 0.1 (exact) · gradients 0.2 (its share of the log's sum)
      · optimizer states 0.2 (exact) · activations 4.7 (its share of the log's
      sum) · largest gradients 0.3 (its share of the log's sum) · allocator 0.08 ±
      0.08 (class constant) · workspace 0.5 (its share of the log's sum) · context
      0.4 ± 0.10 (class constant, not probed here)
    peak 6.5 GiB, 6.4..6.7 of 9.8: fits     evidence: 1 run measured
    767 images/s (529..1113)     evidence: formula + class parameters
  kept 1 measured figure for later estimates
  $ curbstop model fit resnet-50 --method full --batch 96 --checkpointing none --gpu RTX-3080
  resnet-50, 26M parameters, bf16, full training on images of 224 x 224, batch 96 on RTX-3080
    gpu0, GiB: weights 0.1 (exact) · gradients 0.2 ± 0.00 (measured runs) ·
      optimizer states 0.2 (exact) · activations 6.6 ± 0.16 (measured runs) ·
      largest gradients 0.5 ± 0.01 (measured runs) · allocator 0.1 ± 0.13 (class
      constant) · workspace 0.4 ± 0.01 (measured runs) · context 0.4 ± 0.10 (class
      constant, not probed here)
    peak 8.6 GiB, 8.3..9.0 of 9.8: fits     evidence: 1 run measured
    767 images/s (529..1113)     evidence: formula + class parameters
  $ curbstop model fit resnet-50 --method full --batch 96 --checkpointing none --gpu RTX-3090 | tail -n 2
    peak 5.5 GiB, 4.5..7.2 of 23.7: fits
    945 images/s (652..1370)     evidence: formula + class parameters
  $ curbstop model fit --gpu RTX-3080 --from-log summary.txt
  ! error: a PyTorch log says neither which model was trained nor how
  ! hint: for example `curbstop model fit MODEL --method lora --sequence N --batch N ...`
  ? 2
  $ curbstop model fit --verify truth.csv --calibrate 1
  metric     grade  rows  understood  median  mean  p90  p95  worst  false fits  false no  covered  width
  kv_buffer  A         2           0                                          0         0
  oom        A         1           0                                          0         0
  errors, coverage and width in percent of the measured value; width of the estimate
  
  not understood: 3 rows
    a  needs 1 other row of its kind
    b  needs 1 other row of its kind
    c  needs 1 other row of its kind
  $ curbstop model fit --remember
  ! error: `--remember` keeps what a log measured, and there is no `--from-log`
  ! hint: what `--probe` measures is kept anyway
  ? 2
  $ curbstop model fit qwen2.5-7b --calibrate 3
  ! error: `--calibrate` belongs to `--verify FILE`
  ? 2

`--probe` runs three real steps on this computer; what it cannot do is told before it starts.

  $ curbstop model fit qwen2.5-0.5b --method lora --probe --gpu RTX-3080
  ! error: `--probe` runs three steps on this computer, and there is `--gpu`
  ! hint: leave `--gpu` out
  ? 2
  $ curbstop model fit qwen2.5-0.5b --probe
  ! error: llama.cpp tells its memory and speed itself, and is not probed
  ! hint: run it, then `curbstop model fit --from-log FILE --remember`; or name what is probed: `--method lora`, `--engine transformers`
  ? 2
  $ curbstop model fit mixtral-8x7b --method lora --probe
  ! error: no probe is made for mixtures of experts
  ! hint: probe with your own script: `curbstop model fit … --probe -- python3 train.py`
  ? 2
  $ curbstop model fit qwen2.5-0.5b --method lora --probe --python nopython
  ! error: there is no program `nopython` to run the probe with
  ! hint: name a Python that has torch: `--python ~/venv/bin/python`
  ? 3
  $ curbstop model fit --probe
  ! error: no model is named
  ! hint: for example `curbstop model fit qwen2.5-0.5b --method lora --probe`
  ? 2
  $ curbstop model fit --probe --step train
  ! error: there is no `curbstop.yaml` in `WORK` or above it
  ! hint: `curbstop init` writes one
  ? 3
  $ printf 'steps: {train: {run: echo}, eval: {run: echo}}\n' > curbstop.yaml
  $ curbstop model fit --probe --step trian
  ! error: the project has no step `trian` (did you mean `train`?)
  ! hint: its steps: train, eval
  ? 3
  $ curbstop model fit --probe --step train
  ! error: step `train` has no `model:`
  ! hint: name it here: `curbstop model fit MODEL --method lora --probe --step NAME`
  ? 2
  $ curbstop model fit qwen2.5-0.5b --method lora --probe --step train -- python3 train.py
  ! error: step `train` has a command of its own, and there is another
  ! hint: leave `--step` or the command out
  ? 2
  $ curbstop model fit qwen2.5-0.5b --python python3.12
  ! error: `--python` belongs to `--probe`
  ? 2
