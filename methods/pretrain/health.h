#pragma once

#include "methods/pretrain/alignment.h"
#include "methods/pretrain/pretrain.h"

#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// What became of a pre-training, told from its embeddings.
///
/// - diverged: the loss, the spread, the rank or the deviation is not finite at the end, or the loss is ten times that
///   of the first epoch.
/// - collapsed: embeddings are alike (spread below 0.1: a mean cosine similarity of about 0.99), lie on a line
///   (effective rank below 1.5, or below 1 % of the rank that is possible), or have shrunk to a point (deviation below
///   0.05).
/// - not learned: the two views of an image are told to be of one no better than before training. Of the images of
///   FixedBatch those count whose nearest second view is their own: by the embeddings their share is not two standard
///   errors above that at initialisation (where that is unknown: above chance, 1 / N) and below 90 %, or by the
///   features that are evaluated it is two standard errors below that at initialisation. Measured with ResNet-18 at 32
///   and 64 pixels on Kermany's, NIH's and synthetic X-rays: before training 1 to 5 of 128 by all five methods'
///   embeddings and features; under the authors' views after 5 epochs of 18 steps, and with SimCLR after 24 of 10 with
///   a loss above that of constant embeddings, still 0 to 5; under the demo's milder views SimCLR goes from 3 to 10, by
///   features from 2 to 14, in 10 epochs of 14 steps. The views' correlation is recorded, too, but does not decide:
///   before training it is 0.03 to 0.29, by the images alone.
/// - partly collapsed: most of the room is unused: spread below 0.4 (mean similarity about 0.84), less than 10 % of the
///   possible rank, or a deviation below 0.1.
/// - healthy: none of these.
///
/// At the end: mean over the last tenth of the epochs, at least one, so that neither one noisy epoch nor a bad start
/// decides. Relative, so that one threshold serves all sizes: spread is the mean deviation of unit embeddings times
/// sqrt(D), 1 where they point everywhere alike; rank is (effective rank - 1) / (possible - 1), possible = min(D,
/// embeddings seen). Both look at directions and are blind to a common shrinking, as where a batch norm ends the head;
/// so where a loss has a variance term (VICReg, MLVICX: mean over dimensions of 1 - deviation, 0 above 1), one minus it
/// is the deviation; of several the smallest. Complete and dimensional collapse: Jing et al., ICLR 2022; partial
/// collapse without contrast: Li, Efros and Pathak, ECCV 2022.
///
/// Spread, rank and deviation are of the embedding that the loss sees (of MLVICX the global one, and the deviations of
/// both). No verdict says how good the features are for a finding: the evaluations do.
enum class Health { healthy, partly_collapsed, not_learned, collapsed, diverged };

/// Features of FixedBatch at the end, as they are evaluated.
struct FeatureHealth {
    double nearest = 0;    ///< share of images whose own second view is the nearest
    double dead_share = 0; ///< of features that vary over these images by rounding alone
};
FeatureHealth feature_health(const FixedBatch& fixed, Encoder& encoder, Precision precision);

struct HealthReport {
    Health verdict = Health::healthy;
    double spread = 0;         ///< relative, at the end
    double effective_rank = 0; ///< at the end
    double rank_share = 0;     ///< of what is possible, 0..1; 1 where D or the images are fewer than two
    double deviation = 1;      ///< of the one that a variance term asks for; 1 where there is none
    std::optional<double> correlation, nearest; ///< of embeddings; nothing where no epoch of the end was measured
    std::string reason; ///< "effective rank 11.8, 4 % of the possible 256; spread 0.71; own view nearest 62 %"
};

/// What FixedBatch says of a run beside its records: before training, and of the features at the end.
struct FixedBatchHealth {
    double initial_nearest = 0, initial_feature_nearest = 0; ///< shares at initialisation
    FeatureHealth features;                                  ///< as they are evaluated
    std::optional<FeatureHealth> backbone; ///< without context bottlenecks, where there are any; for the reason alone
};

/// Of records as `pretrain` returns them; at least one.
HealthReport health_of(const std::vector<EpochRecord>& records, const std::optional<FixedBatchHealth>& fixed = {});

/// "healthy", "partly collapsed", "not learned", "collapsed", "diverged".
const char* name_of(Health health);

} // namespace mlvicx
