#!/usr/bin/env bash
# Pre-trains several methods and seeds on a cluster with Slurm, one array task each, then evaluates all of them:
#   array=$(sbatch --parsable examples/slurm_array.sh nih.safetensors out)
#   sbatch --array=0 --dependency=afterok:$array examples/slurm_array.sh nih.safetensors out evaluate
# A task writes only files of its own, so the folder may be on a shared file system. The evaluations write one results
# file, one after the other: SQLite needs a local disk, so they are made in $TMPDIR and copied when they are complete.
# A task that ran out of time has saved a checkpoint: submit the array again, and it continues; finished ones end at
# once. METHODS, SEEDS, EPOCHS, SIZE, BATCH and FRACTIONS can be set from outside; --array has a task for each pair of a
# method and a seed.
#SBATCH --job-name=mlvicx
#SBATCH --array=0-14
#SBATCH --gpus-per-task=1
#SBATCH --cpus-per-task=8
#SBATCH --time=08:00:00
#SBATCH --signal=B:TERM@120
set -euo pipefail
prepared=${1:?a prepared dataset} out=${2:?a folder on a shared disk} step=${3:-pretrain}
read -ra methods <<<"${METHODS:-simclr byol vicreg barlow_twins mlvicx}"
read -ra seeds <<<"${SEEDS:-0 1 2}"
bench=${MLVICX_BENCH:-mlvicx-bench} size=${SIZE:-224}

if [ "$step" = pretrain ]; then
  task=${SLURM_ARRAY_TASK_ID:?the script runs as a job array}
  method=${methods[task % ${#methods[@]}]} seed=${seeds[task / ${#methods[@]}]}
  encoder=$out/$method-seed$seed.safetensors
  [ ! -e "$encoder" ] || exit 0
  # exec: Slurm's signal goes to the program, which saves a checkpoint and ends
  exec "$bench" pretrain --data "$prepared" --method "$method" --seed "$seed" --epochs "${EPOCHS:-300}" \
    --batch-size "${BATCH:-256}" --image-size "$size" --out "$encoder" --quiet
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for seed in "${seeds[@]}"; do
  for method in "${methods[@]}" random; do
    encoder=$out/$method-seed$seed.safetensors
    [ "$method" != random ] || encoder=random
    for fraction in ${FRACTIONS:-0.01 0.1 1}; do
      "$bench" evaluate --data "$prepared" --encoder "$encoder" --label "$method" --seed "$seed" \
        --fraction "$fraction" --image-size "$size" --results "$work/results.db" --quiet
    done
  done
done
"$bench" export --database "$work/whole.db" "$work/results.db" # one file, without SQLite's log
cp "$work/whole.db" "$out/results.db"
"$bench" report "$out/results.db" --out "$out/report"
