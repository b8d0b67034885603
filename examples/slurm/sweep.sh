#!/usr/bin/env bash
# A plan on a cluster with Slurm: an array of PARTS tasks with a GPU each, then a job that merges what they did.
#   examples/slurm/sweep.sh PLAN FOLDER [OPTION OF `mlvicx-bench slurm`...]
# FOLDER is on a disk that all nodes see; --root NAME=FOLDER says where a dataset's original files are. Start it again after
# a failure: what is done stays done. Without sbatch here it only writes the script, to be looked at or carried away.
# Set from outside: PARTS=16 GPUS=1 TIME=24:00:00 examples/slurm/sweep.sh low_data sweep --root nih=/data/nih
set -euo pipefail
plan=${1:?a plan, as a file or by its name} out=${2:?a folder for results, logs and report}
shift 2
bench=${MLVICX_BENCH:-mlvicx-bench}
mkdir -p "$out"

"$bench" slurm "$plan" --shards "${PARTS:-8}" --gpus "${GPUS:-1}" --time "${TIME:-12:00:00}" --out "$out" "$@" \
  >"$out/sweep.sbatch"
if command -v sbatch >/dev/null; then
  bash "$out/sweep.sbatch"
else
  echo "no sbatch here: submit $out/sweep.sbatch with bash on a cluster's login node"
fi
