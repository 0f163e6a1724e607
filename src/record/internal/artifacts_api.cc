#include "record/internal/api.h"
#include "record/internal/artifacts.h"
#include "record/internal/run_rows.h"

namespace curbstop {

Result<Json> ListRunArtifacts(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  TRY_ASSIGN(const std::string path, message.Text("path"));
  TRY_ASSIGN(const RecordedRun run, GetRun(context.database, uuid));
  TRY_ASSIGN(const std::string root, ArtifactPathOf(run.artifact_uri));
  TRY_ASSIGN(Json files, context.artifacts.List(JoinArtifactPath(root, path), path));
  Json answer = Json::MakeObject({{"root_uri", run.artifact_uri}});
  if (!files.items().empty()) answer.Set("files", std::move(files));
  return answer;
}

}  // namespace curbstop
