Will it fit: the parts of the memory, each with its evidence, and a verdict with an interval.

  $ curbstop model fit qwen2.5-7b --quant Q4_K_M --context 8192 --gpu RTX-3080
  qwen2.5-7b, 7.6B parameters, Q4_K_M, context 8192, llama.cpp on RTX-3080
    gpu0: weights 4.1 (exact) · cache 0.4 (exact) · compute 0.3 ± 0.01 · context 0.4 ± 0.04 (class constant, not probed here) GiB
    host: weights 0.3 (exact) · compute 0.01 · output 0.00 (exact) GiB
    peak 5.2 GiB, 5.2..5.3 of 9.8: fits
  $ curbstop model fit llama-3.3-70b --gpu RTX-4090:2
  llama-3.3-70b, 70.6B parameters, Q4_K_M, context 4096, llama.cpp on RTX-4090:2
    gpu0: weights 19.6 ± 0.06 (approximate) · cache 0.6 (exact) · compute 0.3 ± 0.01 · context 0.4 ± 0.04 (class constant, not probed here) GiB
    gpu1: weights 19.5 ± 0.06 (approximate) · cache 0.6 (exact) · compute 0.3 ± 0.01 · context 0.4 ± 0.04 (class constant, not probed here) GiB
    host: weights 0.6 (exact) · compute 0.03 · output 0.00 (exact) GiB
    peak 21.0 GiB, 20.9..21.1 of 23.6: fits
  $ curbstop model fit qwen3-14b --context 8192 --cache-type q8_0 --gpu RTX-3080 --explain
  qwen3-14b, 14.8B parameters, Q4_K_M, context 8192, llama.cpp on RTX-3080
    gpu0: weights 8.0 (exact) · cache 0.7 (exact) · compute 0.3 ± 0.01 · context 0.4 ± 0.04 (class constant, not probed here) GiB
    host: weights 0.4 (exact) · compute 0.02 · output 0.00 (exact) GiB
    peak 9.4 GiB, 9.3..9.4 of 9.8: fits
    weights on gpu0: 8558218240 bytes (8558218240..8558218240), exact; Q4_K_M; Lightning-AI/litgpt@26857050:litgpt/config.py#Qwen3-14B
    cache on gpu0: 713031680 bytes (713031680..713031680), exact; fit/kv_cache.h
    compute on gpu0: 321650688 bytes (318434181..328083701), formula; llama.cpp allocator rules, fit/llama_cpp.h
    context on gpu0: 450887680 bytes (419430400..492830720), class constant, not probed here; ollama/ollama#9988, ggml-org/llama.cpp#15860
    weights on host: 437575680 bytes (437575680..437575680), exact; Q4_K_M; Lightning-AI/litgpt@26857050:litgpt/config.py#Qwen3-14B
    compute on host: 18874368 bytes (18685624..19251855), formula; llama.cpp allocator rules, fit/llama_cpp.h
    output on host: 607744 bytes (607744..607744), exact; llama.cpp allocator rules, fit/llama_cpp.h

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
