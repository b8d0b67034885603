#!/usr/bin/env bash
# Does pre-training on chest X-rays help more than ImageNet's weights? Both, and a random encoder, on one dataset.
#   examples/imagenet_against_mlvicx.sh nih.safetensors resnet18.safetensors results.db
# The second file has ImageNet's weights under torchvision's names. Python writes it:
#   import torchvision; from safetensors.torch import save_file
#   save_file(torchvision.models.resnet18(weights="DEFAULT").state_dict(), "resnet18.safetensors")
# Run it again to continue after an interruption. SIZE, EPOCHS, BATCH and FRACTIONS can be set from outside.
set -euo pipefail
prepared=$(realpath "${1:?a prepared dataset}") weights=$(realpath "${2:?weights}") results=${3:?a results file}
bench=${MLVICX_BENCH:-mlvicx-bench}

plan=${results%.db}.plan.json
cat >"$plan" <<END
{
  "name": "imagenet_against_mlvicx",
  "datasets": {"data": {"file": "$prepared"}},
  "encoder": "resnet18",
  "pretrain": {"dataset": "data", "epochs": ${EPOCHS:-300}, "batch_size": ${BATCH:-256}, "image_size": ${SIZE:-224}},
  "methods": ["mlvicx", {"name": "weights", "label": "imagenet", "file": "$weights"}, "random"],
  "evaluate": {
    "datasets": ["data"],
    "fractions": [${FRACTIONS:-0.01, 0.1, 1}],
    "protocols": ["frozen", "knn"],
    "image_size": ${SIZE:-224}
  },
  "seeds": [0]
}
END
"$bench" plan "$plan" --results "$results" # what it costs
"$bench" run "$plan" --results "$results"
"$bench" report "$results" --out "${results%.db}-report"
