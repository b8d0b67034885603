#!/usr/bin/env bash
# Your own images, from one CSV to a table: pre-train on them, then compare with a random encoder.
#   examples/own_csv.sh my.csv FOLDER
# The CSV has a column `path`, a column for each finding, and if you can `patient` and `split` (docs/own_images.md).
# Sizes can be set from outside: SIZE=224 EPOCHS=100 BATCH=64 examples/own_csv.sh my.csv out
set -euo pipefail
csv=${1:?the CSV} out=${2:?a folder for what is made}
size=${SIZE:-224} epochs=${EPOCHS:-100} batch=${BATCH:-64}
bench=${MLVICX_BENCH:-mlvicx-bench} # or build/release/mlvicx-bench
mkdir -p "$out"

"$bench" prepare --dataset manifest --manifest "$csv" --size "$size" --out "$out/own.safetensors"
"$bench" inspect "$out/own.safetensors" --sheet "$out/own.png" # look at it: images, labels, masks
"$bench" pretrain --data "$out/own.safetensors" --method mlvicx --epochs "$epochs" --batch-size "$batch" \
  --image-size "$size" --out "$out/mlvicx.safetensors"

for encoder in "$out/mlvicx.safetensors" random; do
  for fraction in 0.1 1; do
    "$bench" evaluate --data "$out/own.safetensors" --encoder "$encoder" --fraction "$fraction" \
      --image-size "$size" --results "$out/results.db"
  done
done
"$bench" report "$out/results.db" --out "$out/report"
