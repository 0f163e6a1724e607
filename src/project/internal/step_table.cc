// The field tables of a step: every key that `curbstop.yaml` takes below a step's name.
#include "project/internal/model_codec.h"
#include "project/internal/need_codecs.h"
#include "project/internal/step_codecs.h"

namespace curbstop {

const FieldTable<Need>& FieldsOf(const Need*) {
  static const FieldTable<Need> kTable{
      Field<&Need::gpu, OptionalCodec<GpuNeed, GpuCodec>>(
          "gpu", "GPUs: memory at least, a name, a count, or several of these."),
      Field<&Need::cpus, OptionalCodec<int64_t, CpuCountCodec>>("cpus", "CPUs, at least."),
      Field<&Need::memory, OptionalCodec<Bytes, AtLeastCodec>>("memory", "Memory, at least."),
      Field<&Need::disk, OptionalCodec<Bytes, AtLeastCodec>>("disk", "Free disk, at least."),
      Field<&Need::arch, ArchCodec>("arch", "Processor; left out: any."),
      Field<&Need::time>("time",
                         "How long the step is expected to take, until its own history says.")};
  return kTable;
}

const FieldTable<CheckpointRule>& FieldsOf(const CheckpointRule*) {
  static const FieldTable<CheckpointRule> kTable{
      Field<&CheckpointRule::dir, CheckpointDirCodec>(
          "dir", "Folder where the step writes checkpoints (`CURBSTOP_CHECKPOINT_DIR`).",
          FieldUse::kRequired),
      Field<&CheckpointRule::every, EveryCodec>("every",
                                                "How often the step is asked to write one.")};
  return kTable;
}

std::span<const EnumName<SpotUse>> NamesFor(SpotUse) {
  static constexpr EnumName<SpotUse> kNames[] = {
      {"auto", SpotUse::kAuto}, {"never", SpotUse::kNever}, {"only", SpotUse::kOnly}};
  return kNames;
}

const FieldTable<Step>& FieldsOf(const Step*) {
  static const FieldTable<Step> kTable{
      Field<&Step::run, CommandCodec>(
          "run", "The command, run by `/bin/sh -euc` in the project's folder; takes {references}.",
          FieldUse::kRequired),
      Field<&Step::setup, CommandCodec>("setup",
                                        "A command that runs before, once per environment lock."),
      Field<&Step::params, ParamsCodec>(
          "params", "Values for `{name}` in the commands; `--set` changes them."),
      Field<&Step::needs>("needs", "What the machine must have."),
      Field<&Step::checkpoint, CheckpointCodec>("checkpoint",
                                                "Where the step keeps what it can resume from."),
      Field<&Step::inputs, ListCodec<std::string, ProjectPathCodec>>(
          "inputs",
          "Files, folders or globs that the step reads, beside the references in its command."),
      Field<&Step::code, ListCodec<std::string, ProjectPathCodec>>(
          "code", "Globs of the code that the step depends on; left out: all code of the project."),
      Field<&Step::env, ListCodec<std::string, ProjectPathCodec>>(
          "env", "Lock files of the environment, as `requirements.txt` or `uv.lock`."),
      Field<&Step::outputs, OutputListCodec>(
          "outputs",
          "What the step leaves in `{out}`; a final `/` is a folder; left out: everything."),
      Field<&Step::metrics, MetricsCodec>("metrics",
                                          "A JSON file of numbers in `{out}`, kept in the record."),
      Field<&Step::after>("after",
                          "Steps that must be done before; references add theirs by themselves."),
      Field<&Step::where, PlaceCodec>("where", "Where the step may run."),
      Field<&Step::deadline>("deadline",
                             "When the step must be done, counted from the start of the run."),
      Field<&Step::at_end, AtEndCodec>(
          "at_end", "What happens to unsaved work when a lease ends and nobody is there."),
      Field<&Step::retries, OptionalCodec<int64_t, IntegerCodec<0, 1000>>>(
          "retries",
          "How often a crashed step is started again; left out: 2 with `checkpoint`, else 0."),
      Field<&Step::deterministic>(
          "deterministic", "Whether equal inputs give equal bytes; `drill` then compares bytes."),
      Field<&Step::spot>("spot", "Whether machines that can be taken away may be used."),
      Field<&Step::model, ModelCodec>(
          "model", "The model that the step trains or runs: its memory and time become needs."),
      Field<&Step::method, MethodCodec>("method",
                                        "How it is trained, where `model` is a name alone.")};
  return kTable;
}

}  // namespace curbstop
