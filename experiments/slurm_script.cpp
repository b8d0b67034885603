#include "experiments/slurm_script.h"

#include "core/error.h"

#include <array>
#include <regex>

namespace mlvicx {

namespace {

constexpr int warning_seconds = 120; // between SIGUSR1 and the end of a task's time

/// As one word of a shell.
std::string quoted(const std::string& text) {
    static const std::regex plain("[A-Za-z0-9_./:=,+@%-]+");
    if (std::regex_match(text, plain)) return text;
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

std::string option(const char* name, const std::string& value) {
    return value.empty() ? std::string() : fmt::format(" --{}={}", name, quoted(value));
}

std::string number(const char* name, std::int64_t value) {
    return value == 0 ? std::string() : fmt::format(" --{}={}", name, value);
}

} // namespace

void check_slurm_time(const std::string& text) {
    struct Form {
        const char* pattern;
        std::array<std::int64_t, 4> seconds; ///< of each group
    };
    static const Form forms[] = {
        {"(\\d{1,6})", {60, 0, 0, 0}},
        {"(\\d{1,6}):(\\d\\d)", {60, 1, 0, 0}},
        {"(\\d{1,5}):(\\d\\d):(\\d\\d)", {3600, 60, 1, 0}},
        {"(\\d{1,3})-(\\d\\d?)", {86400, 3600, 0, 0}},
        {"(\\d{1,3})-(\\d\\d?):(\\d\\d)", {86400, 3600, 60, 0}},
        {"(\\d{1,3})-(\\d\\d?):(\\d\\d):(\\d\\d)", {86400, 3600, 60, 1}},
    };
    for (const auto& [pattern, unit] : forms) {
        std::smatch found;
        if (!std::regex_match(text, found, std::regex(pattern))) continue;
        std::int64_t seconds = 0;
        for (std::size_t i = 1; i < found.size(); ++i) seconds += unit.at(i - 1) * std::stoll(found[i]);
        if (seconds > warning_seconds) return;
        user_error("--time has \"{}\", expected more than the {} seconds that a task has for its checkpoint", text,
                   warning_seconds);
    }
    user_error("--time has \"{}\", expected a limit as Slurm takes it: MINUTES, HOURS:MINUTES:SECONDS or "
               "DAYS-HOURS:MINUTES:SECONDS",
               text);
}

std::string slurm_script(const SlurmScript& script) {
    std::string arguments;
    for (const auto& word : script.arguments) arguments += " " + quoted(word);
    const std::string common =
        option("job-name", script.name) + option("partition", script.partition) + " --nodes=1 --ntasks=1";
    const std::string task = number("gpus", script.gpus) + number("cpus-per-task", script.cpus) +
                             option("mem", script.memory) + option("time", script.time);
    return fmt::format(R"sh(#!/usr/bin/env bash
# Runs a plan in {shards} parts on a cluster with Slurm, then merges what there is:
#   bash SCRIPT [OPTIONS OF SBATCH]
# Started again it goes on where it stopped: jobs that are done are not repeated. MLVICX_BENCH names another program.
set -euo pipefail
bench=${{MLVICX_BENCH:-{program}}}
plan={plan}
folder={folder} # on a disk that all nodes see
shards={shards}

case ${{1:-}} in
part)
  part=$folder/part-$SLURM_ARRAY_TASK_ID
  "$bench" run "$plan" --shard "$SLURM_ARRAY_TASK_ID/$shards" --results "$part.db" --requeue{arguments} >"$part.txt" &
  run=$! again=no
  save() {{ kill -USR1 "$run" 2>/dev/null || true; }} # it may have ended
  trap 'again=yes; save' USR1 # two minutes before the end of the task's time
  trap save TERM              # cancelled, or the node is needed: Slurm queues it again if it should be
  wait "$run" || true         # ends early when a signal arrives
  while kill -0 "$run" 2>/dev/null; do wait "$run" || true; done
  status=0
  wait "$run" || status=$?
  last=$(tail -n 1 "$part.txt")
  echo "$last"
  if [ "$status" = 0 ] && [ "$last" = "requeue me" ]; then
    status=130 # the part is not complete
    if [ "$again" = yes ] && scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID"; then status=0; fi
  fi
  exit "$status"
  ;;
merge)
  if [ -e "$folder/all.db" ]; then # of an earlier merge, with what was done in it since
    rm -rf "$folder"/earlier.{{db,db-wal,db-shm,artifacts}}
    for end in db db-wal db-shm artifacts; do
      if [ -e "$folder/all.$end" ]; then mv "$folder/all.$end" "$folder/earlier.$end"; fi
    done
  fi
  parts=()
  for ((i = 1; i <= shards; ++i)); do
    if [ -e "$folder/part-$i.db" ]; then parts+=("$folder/part-$i.db"); else echo "part $i has no results"; fi
  done
  if [ -e "$folder/earlier.db" ]; then parts+=("$folder/earlier.db"); fi
  "$bench" merge "${{parts[@]}}" --out "$folder/all.db"
  rm -rf "$folder"/earlier.{{db,db-wal,db-shm,artifacts}}
  "$bench" report "$folder/all.db" --out "$folder/report"
  ;;
*)
  mkdir -p "$folder"
  array=$(sbatch --parsable{common} \
    --array="1-$shards"{task} \
    --requeue --signal=B:USR1@{warning} --open-mode=append --output="$folder/part-%a.log" "$@" "$0" part)
  merge=$(sbatch --parsable{common} \
    --dependency="afterany:${{array%%;*}}" --output="$folder/merge.log" "$@" "$0" merge)
  echo "array ${{array%%;*}}, then ${{merge%%;*}}: $folder/all.db and $folder/report"
  ;;
esac
)sh",
                       fmt::arg("shards", script.shards), fmt::arg("program", quoted(script.program.string())),
                       fmt::arg("plan", quoted(script.plan.string())),
                       fmt::arg("folder", quoted(script.folder.string())), fmt::arg("arguments", arguments),
                       fmt::arg("common", common), fmt::arg("task", task), fmt::arg("warning", warning_seconds));
}

} // namespace mlvicx
