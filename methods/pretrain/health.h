#pragma once

#include "methods/pretrain/alignment.h"
#include "methods/pretrain/pretrain.h"

#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// Outcome of a pre-training, judged from its embeddings.
///
/// - diverged: the loss, the spread, the rank or the standard deviation is not finite at the end, or the loss is ten
///   times that of the first epoch.
/// - collapsed: embeddings are alike (spread below 0.1: a mean cosine similarity of about 0.99), on a line (effective
///   rank below 1.5, or below 1 % of the possible rank), or shrunk to a point (standard deviation below 0.05).
/// - not learned: the two views of an image are matched no better than before training. What counts is the fraction of
///   the images of FixedBatch whose nearest second view is their own: by the embeddings it is not two standard errors
///   above that at initialisation (if unknown: above chance, 1 / N) and below 90 %, or by the evaluated features it is
///   two standard errors below that at initialisation. Measured with ResNet-18 at 32 and 64 pixels on Kermany's, NIH's
///   and synthetic X-rays: before training 1 to 5 of 128 by all five methods' embeddings and features; with the
///   authors' views after 5 epochs of 18 steps, and with SimCLR after 24 of 10 with a loss above that of constant
///   embeddings, still 0 to 5; with the demo's milder views SimCLR goes from 3 to 10, by features from 2 to 14, in 10
///   epochs of 14 steps. The views' correlation is recorded too but does not decide: before training it is 0.03 to
///   0.29, from the images alone.
/// - partly collapsed: most of the space is unused: spread below 0.4 (mean similarity about 0.84), less than 10 % of
///   the possible rank, or a standard deviation below 0.1.
/// - healthy: none of these.
///
/// At the end: mean over the last tenth of the epochs, at least one, so that neither one noisy epoch nor a bad start
/// decides. The values are relative, so that one threshold serves all sizes: spread is the mean standard deviation of
/// unit embeddings times sqrt(D), 1 if they point equally in all directions; rank is (effective rank - 1) / (possible -
/// 1), possible = min(D, embeddings seen). Both look at directions and do not see embeddings shrink together, for
/// instance where a batch norm ends the head; so if a loss has a variance term (VICReg, MLVICX: mean over dimensions of
/// 1 - standard deviation, 0 above 1), one minus it is the standard deviation; with several terms the smallest.
/// Complete and dimensional collapse: Jing et al., ICLR 2022; partial collapse without contrast: Li, Efros and Pathak,
/// ECCV 2022.
///
/// Spread, rank and standard deviation are those of the embedding that the loss sees (for MLVICX the global one, and
/// the standard deviations of both). No verdict says how good the features are for a finding: the evaluations do.
enum class Health { healthy, partly_collapsed, not_learned, collapsed, diverged };

/// Features of FixedBatch at the end, as they are evaluated.
struct FeatureHealth {
    double nearest = 0;    ///< fraction of images whose own second view is the nearest
    double dead_share = 0; ///< fraction of features that vary over these images only by rounding
};
FeatureHealth feature_health(const FixedBatch& fixed, Encoder& encoder, Precision precision);

struct HealthReport {
    Health verdict = Health::healthy;
    double spread = 0;         ///< relative, at the end
    double effective_rank = 0; ///< at the end
    double rank_share = 0;     ///< relative to what is possible, 0..1; 1 with fewer than two dimensions or images
    double deviation = 1;      ///< standard deviation, from the loss's variance term; 1 if it has none
    std::optional<double> correlation, nearest; ///< of embeddings; nullopt if none of the last epochs was measured
    std::string reason; ///< "effective rank 11.8, 4 % of the possible 256; spread 0.71; own view nearest 62 %"
};

/// What FixedBatch adds to a run's records: values before training, and features at the end.
struct FixedBatchHealth {
    double initial_nearest = 0, initial_feature_nearest = 0; ///< fractions at initialisation
    FeatureHealth features;                                  ///< as they are evaluated
    std::optional<FeatureHealth> backbone; ///< without context bottlenecks, if there are any; only for the reason
};

/// `records` as `pretrain` returns them; at least one.
HealthReport health_of(const std::vector<EpochRecord>& records, const std::optional<FixedBatchHealth>& fixed = {});

/// "healthy", "partly collapsed", "not learned", "collapsed", "diverged".
const char* name_of(Health health);

} // namespace mlvicx
